// Text that asg writes and reads where the program's locale has commas and groups. The case list is
// short since whole suites of other folders run under the same locale, see CMakeLists.txt.
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <filesystem>
#include <sstream>

#include <asg/asg.hpp>
#include <asg/graph/algorithms.hpp>
#include <asg/passes/passes.hpp>
#include <asg/passes/print.hpp>

#include "support/messages.hpp"

namespace {

using namespace asg;
using test_support::contains;

BOOST_AUTO_TEST_CASE(the_locale_is_one_with_commas) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 0.5);
  BOOST_TEST(text == std::string("0,5"));
  std::ostringstream stream;
  stream << 1200 << ' ' << 0.5;
  BOOST_TEST(stream.str() == "1.200 0,5");
}

// 1201 nodes, so that the last ones would be grouped.
Tensor chain(Graph& graph) {
  Tensor x = graph.input("x", f32, {4});
  for (int i = 0; i < 600; ++i) x = sin(x * -0.5);
  return x;
}

BOOST_AUTO_TEST_CASE(pictures_have_plain_numbers) {
  Graph graph;
  const Tensor y = chain(graph);
  const std::string text = to_dot(graph, {y.value()});
  BOOST_TEST(contains(text, "1200"));
  BOOST_TEST(!contains(text, "1.200"));
  BOOST_TEST(!contains(text, "0,5"));

  Picture picture;
  picture.nodes.resize(1300);
  picture.edges.push_back({1234, 1299});
  picture.edge_attributes.emplace_back();
  std::ostringstream out;
  write_dot(out, picture);
  BOOST_TEST(contains(out.str(), "1234->1299"), out.str().substr(out.str().size() - 40));
  BOOST_TEST(!contains(out.str(), "1.2"));
}

BOOST_AUTO_TEST_CASE(text_and_json_have_points) {
  Graph graph;
  const Tensor y = chain(graph);
  BOOST_TEST(contains(to_text(graph), "-0.5"));
  BOOST_TEST(!contains(to_text(graph), "0,5"));
  BOOST_TEST(!contains(to_json(graph), "0,5"));
  BOOST_TEST(to_string(Array({2}, {0.25, 1234.5})) == "f64[2] {0.25, 1234.5}");
  static_cast<void>(y);
}

BOOST_AUTO_TEST_CASE(files_come_back_as_they_were) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / "asg_locale_test.safetensors";
  const Array wide = Array::full(f32, {1234, 2}, 0.375);
  io::save_safetensors(file, {{{"wide", wide}}, {{"rate", "0.5"}}});
  const io::TensorFile read = io::load_safetensors(file);
  std::filesystem::remove(file);
  BOOST_TEST(identical(read.tensors.at("wide"), wide));
  BOOST_TEST(read.metadata.at("rate") == "0.5");
}

// Every backend there is; fractions stand in the program, in shaders as text.
BOOST_AUTO_TEST_CASE(backends_compute_with_fractions) {
  int tried = 0;
  for (const char* name : {"reference", "cpu", "vulkan"}) {
    std::optional<Device> device;
    try {
      device = open_device(name);
    } catch (const Error&) {
      continue;  // not built, or no device
    }
    ++tried;
    auto run = compile(*device, [](Tensor x) {
      return std::tuple{x * -0.5, x / 3 + 0.125, where(x > 2.5, x * 1e-7, 1234.5)};
    });
    const auto [a, b, c] = run(Array({4}, {1.0f, 2.0f, 3.0f, 4.0f}));
    for (int i = 0; i < 4; ++i) BOOST_TEST_CONTEXT(name << ", element " << i) {
        const float x = static_cast<float>(i + 1);
        BOOST_TEST(a.get(i) == x * -0.5);
        BOOST_TEST(b.get(i) == static_cast<double>(x / 3 + 0.125f),
                   boost::test_tools::tolerance(1e-6));
        BOOST_TEST(c.get(i) == static_cast<double>(x > 2.5f ? x * 1e-7f : 1234.5f),
                   boost::test_tools::tolerance(1e-6));
      }
  }
  BOOST_TEST(tried >= 2);
}

}  // namespace
