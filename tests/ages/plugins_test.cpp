// Plugins built from the recorded headers and from tomorrow's, in today's host: a training step
// gives every bit that it gives on the same backend of today.
#include <boost/test/unit_test.hpp>

#include <stdlib.h>

#include <filesystem>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/asg.hpp>
#include <asg/passes/program.hpp>

#include "support/gpt_step.hpp"

namespace {

using namespace asg;

std::vector<std::string> files_of(const char* text) {
  std::vector<std::string> files;
  std::istringstream list(text);
  list.imbue(std::locale::classic());
  for (std::string file; std::getline(list, file, ':');) files.push_back(file);
  return files;
}

Array tokens(int shift) {
  Array array(i32, {3, 6});
  for (std::int64_t i = 0; i < array.numel(); ++i)
    array.set(i, static_cast<double>((i * 7 + shift) % 11));
  return array;
}

// Of a variable without an initial value: numbers that are the same on every backend.
void fill(State& state, const Program& program) {
  for (const Slot& slot : program.slots) {
    if (slot.role != ASG_SLOT_STATE || state.has(slot.name)) continue;
    Array values(slot.type.dtype, slot.type.shape);
    for (std::int64_t i = 0; i < values.numel(); ++i)
      values.set(i, slot.type.dtype == f32 ? 0.01 * static_cast<double>((i * 29) % 13) : 0.0);
    state.set(slot.name, values);
  }
}

std::vector<float> losses(const Device& device) {
  const TracedFunction traced = test_support::trace_gpt_step();
  CompiledGraph step = compile(device, traced.graph, traced.outputs, "step");
  State state(device);
  fill(state, step.program());
  std::vector<float> result;
  for (int i = 0; i < 4; ++i)
    result.push_back(step.run(state, {tokens(i), tokens(i + 1), Array(0.01F)})[0].item<float>());
  return result;
}

BOOST_AUTO_TEST_CASE(plugins_of_other_ages_train) {
  const std::vector<float> expected = losses(open_device("reference"));
  BOOST_TEST(expected[0] != expected[3]);
  const std::vector<std::string> files = files_of(ASG_TEST_PLUGINS);
  BOOST_TEST_REQUIRE(files.size() == 2u);
  for (const std::string& file : files) {
    BOOST_TEST_CONTEXT(file) {
      BOOST_TEST(losses(open_device(file)) == expected, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(plugins_of_other_ages_use_the_cache) {
  const std::vector<std::string> files = files_of(ASG_TEST_COUNTING_PLUGINS);
  BOOST_TEST_REQUIRE(files.size() == 2u);
  for (const std::string& file : files) {
    std::string folder = (std::filesystem::temp_directory_path() / "asg-ages-XXXXXX").string();
    BOOST_TEST_REQUIRE(::mkdtemp(folder.data()) != nullptr);
    ::setenv("ASG_CACHE_DIR", folder.c_str(), 1);
    BOOST_TEST_CONTEXT(file)
    for (const char* name : {"opened 0 times before", "opened 1 times before"})
      BOOST_TEST(open_device(file).description().name == name);
    ::unsetenv("ASG_CACHE_DIR");
    std::filesystem::remove_all(folder);
  }
}

}  // namespace
