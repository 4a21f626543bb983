// What PyTorch computed, read from FAMILY.txt (record.py says what that holds), and the comparison
// with what asg computes: outputs and gradients, in f64, on every backend that is built here.
//
//     BOOST_AUTO_TEST_CASE(conv1d_strided) {
//       agrees("conv1d_strided", [](const Inputs& in) -> Tensors {
//         return {conv1d(in("x"), in("weight"), {.stride = 2})};
//       });
//     }
//
// A case that was recorded and that no test asked for is an error.
#pragma once
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>
#include <boost/test/unit_test_parameters.hpp>

#include "ops/support.hpp"

namespace pytorch_test {

using asg::Array;
using asg::Tensor;
using asg::Tensors;

struct Recorded {
  std::vector<std::string> names;  ///< of the inputs
  std::vector<Array> inputs, outputs;
  std::map<std::string, Array> cotangents, gradients;
};

inline double number(std::istream& line) {
  std::string word;
  line >> word;
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (word == "inf") return std::numeric_limits<double>::infinity();
  if (word == "-inf") return -std::numeric_limits<double>::infinity();
  return std::stod(word);
}

inline Array array_of(std::istream& line) {
  std::string type;
  int rank = 0;
  line >> type >> rank;
  asg::Shape shape;
  for (int i = 0; i < rank; ++i) {
    std::int64_t size = 0;
    line >> size;
    shape.push_back(size);
  }
  const std::map<std::string, asg::DType> types = {
      {"f64", asg::f64}, {"i64", asg::i64}, {"i32", asg::i32}, {"bool", asg::boolean}};
  Array array(types.at(type), shape);
  for (std::int64_t i = 0; i < array.numel(); ++i) array.set(i, number(line));
  return array;
}

/// What record.py multiplies an output by.
inline Array cotangent_of(const Array& output, std::size_t place) {
  constexpr double golden = 0.6180339887498949;
  Array values(asg::f64, output.shape());
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    const double turns =
        static_cast<double>(i + 1) * golden + static_cast<double>(place + 1) * 0.137;
    values.set(i, -1 + 2.5 * std::fmod(turns, 1));
  }
  return values;
}

/// All cases of the family whose file ASG_TEST_RECORDED names.
inline const std::map<std::string, Recorded>& recorded() {
  static const std::map<std::string, Recorded> cases = [] {
    std::map<std::string, Recorded> read;
    std::ifstream file(ASG_TEST_RECORDED);
    BOOST_TEST_REQUIRE(file.good(), "no file " ASG_TEST_RECORDED);
    Recorded* at = nullptr;
    for (std::string text; std::getline(file, text);) {
      std::istringstream line(text);
      std::string kind, name;
      line >> kind >> name;
      if (kind == "case") at = &read[name];
      if (kind == "input") at->names.push_back(name), at->inputs.push_back(array_of(line));
      if (kind == "output") at->outputs.push_back(array_of(line));
      if (kind == "cotangent")
        at->cotangents.emplace(name, cotangent_of(at->outputs.back(), at->outputs.size() - 1));
      if (kind == "gradient") at->gradients.emplace(name, array_of(line));
    }
    return read;
  }();
  return cases;
}

inline std::set<std::string>& compared() {
  static std::set<std::string> names;
  return names;
}

/// At the end every recorded case has been compared, unless the command line chose some tests.
struct AllCompared {
  ~AllCompared() noexcept(false) {
    namespace config = boost::unit_test::runtime_config;
    if (!config::get<std::vector<std::string>>(config::btrt_run_filters).empty()) return;
    for (const auto& [name, unused] : recorded())
      BOOST_TEST(compared().contains(name), "nothing compares the recorded case " << name);
  }
};

/// The tensors of a case by name.
class Inputs {
 public:
  Inputs(const std::vector<std::string>& names, const Tensors& tensors)
      : names_(names), tensors_(tensors) {}
  [[nodiscard]] const Tensor& operator()(const std::string& name) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] == name) return tensors_[i];
    throw std::out_of_range("the case has no input " + name);
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }

 private:
  const std::vector<std::string>& names_;
  const Tensors& tensors_;
};

/// The backends that the numbers are compared on: the truth, and the CPU plugin.
inline std::vector<asg::Device> devices() {
  std::vector<asg::Device> opened = {ops_test::reference()};
#ifdef ASG_TEST_CPU
  opened.push_back(asg::open_device("cpu"));
#endif
  return opened;
}

/// Builds the outputs and the gradients with `build` and compares them with the case's.
inline void agrees(const std::string& name, const std::function<Tensors(const Inputs&)>& build,
                   double tolerance = 1e-10) {
  BOOST_TEST_REQUIRE(recorded().contains(name), "no recorded case " << name);
  compared().insert(name);
  const Recorded& expected = recorded().at(name);
  asg::Graph graph;
  const Tensors tensors = ops_test::inputs_for(graph, expected.inputs);
  Tensors results = build(Inputs(expected.names, tensors));
  BOOST_TEST_REQUIRE(results.size() == expected.outputs.size());

  Tensor total;
  for (const auto& [place, cotangent] : expected.cotangents) {
    const Tensor part = sum(results.at(std::stoul(place)) * graph.constant(cotangent));
    total = total.defined() ? total + part : part;
  }
  Tensors wrt;
  std::vector<Array> wanted = expected.outputs;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (const auto found = expected.gradients.find(expected.names[i]);
        found != expected.gradients.end()) {
      wrt.push_back(tensors[i]);
      wanted.push_back(found->second);
    }
  if (!wrt.empty())
    for (const Tensor& slope : gradients(total, wrt)) results.push_back(slope);

  for (const asg::Device& device : devices()) {
    const std::vector<Array> got = asg::compile(device, graph, results).run(expected.inputs);
    for (std::size_t k = 0; k < got.size(); ++k) {
      const std::string wrong = ops_test::difference(got[k], wanted[k], tolerance);
      BOOST_TEST(wrong == "", name << (k < expected.outputs.size() ? ", output " : ", gradient ")
                                   << k << " on " << device.backend_name() << ": " << wrong);
    }
  }
}

BOOST_TEST_GLOBAL_FIXTURE(AllCompared);

}  // namespace pytorch_test
