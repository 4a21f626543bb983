// Profiles in Chrome's format.
#include <filesystem>
#include <fstream>

#include <unistd.h>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <asg/asg.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/profile_trace.hpp>

namespace {

using namespace asg;
using Json = nlohmann::json;

struct File {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("asg_profile_trace_" + std::to_string(::getpid()) + ".json");
  ~File() { std::filesystem::remove(path); }
  [[nodiscard]] Json read() const {
    std::ifstream stream(path);
    return Json::parse(stream);
  }
};

Program two_steps() {
  Program program;
  program.slots.push_back({ASG_SLOT_ARENA, "arena", {}, 4096, {}});
  Placed matrix;
  matrix.shape = {10, 10};
  matrix.strides = {10, 1};
  matrix.extent_end = 400;
  program.values = {matrix};
  Step step;
  step.op = ASG_OP_MATMUL;
  step.name = "matmul";
  step.origin = "main.cpp:7";
  step.inputs = {0, 0};
  step.outputs = {0};
  program.steps = {step, step};
  return program;
}

std::vector<Json> complete_events(const Json& json) {
  std::vector<Json> events;
  for (const Json& event : json["traceEvents"])
    if (event["ph"] == "X") events.push_back(event);
  return events;
}

BOOST_AUTO_TEST_CASE(steps_have_times_and_rates) {
  const File file;
  const Program program = two_steps();
  ProfileTrace trace(file.path);
  const auto begin = ProfileTrace::Clock::now();
  trace.add("run", program, std::vector<StepTime>{{0, 5000, 6000}, {1, 6000, 10000}}, begin,
            begin + std::chrono::microseconds(7));
  trace.finish();
  const auto events = complete_events(file.read());
  BOOST_TEST_REQUIRE(events.size() == 3u);
  BOOST_TEST(events[0]["name"] == "run");
  BOOST_TEST(events[0]["dur"] == 7.0);
  BOOST_TEST(events[1]["ts"] == events[0]["ts"]);
  BOOST_TEST(events[1]["dur"] == 1.0);
  BOOST_TEST(events[1]["args"]["flops"] == 2000.0);
  BOOST_TEST(events[1]["args"]["gflops"] == 2.0);
  BOOST_TEST(events[1]["args"]["origin"] == "main.cpp:7");
  BOOST_TEST(events[2]["ts"].get<double>() - events[0]["ts"].get<double>() == 1.0,
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(events[2]["args"]["bytes"] == 1200.0);
  BOOST_TEST(events[2]["args"]["gb_per_s"] == 0.3);
  BOOST_TEST(events[1]["tid"] == events[2]["tid"]);
}

BOOST_AUTO_TEST_CASE(steps_at_the_same_time_have_lines_of_their_own) {
  const File file;
  const Program program = two_steps();
  ProfileTrace trace(file.path);
  const auto now = ProfileTrace::Clock::now();
  trace.add("run", program, std::vector<StepTime>{{0, 0, 100}, {1, 50, 150}}, now, now);
  trace.finish();
  const auto events = complete_events(file.read());
  BOOST_TEST(events[1]["tid"] != events[2]["tid"]);
}

BOOST_AUTO_TEST_CASE(a_backend_that_tells_no_times_leaves_the_runs) {
  const File file;
  const Program program = two_steps();
  ProfileTrace trace(file.path);
  const auto now = ProfileTrace::Clock::now();
  trace.add("run", program, {}, now, now);
  trace.finish();
  BOOST_TEST(complete_events(file.read()).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_file_that_nobody_finished_is_whole) {
  const File file;
  { const ProfileTrace trace(file.path); }
  BOOST_TEST(file.read()["traceEvents"].size() == 1u);
}

BOOST_AUTO_TEST_CASE(profiling_gives_the_outputs_of_the_run) {
  const Device device = open_device("reference");
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  CompiledGraph program = compile(device, graph, {exp(x)});
  State state(device);
  const Array in({3}, {0.0f, 1.0f, 2.0f});
  std::vector<StepTime> times;
  const auto outputs = program.profile(state, {in}, times);
  BOOST_TEST(outputs[0].get(0) == 1.0);
  BOOST_TEST(times.size() == program.program().steps.size());
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_is_an_error) {
  BOOST_CHECK_THROW(ProfileTrace("/nonexistent/trace.json"), WriteError);
  const Program program = two_steps();
  ProfileTrace full("/dev/full");
  const auto now = ProfileTrace::Clock::now();
  BOOST_CHECK_THROW(full.add("run", program, std::vector<StepTime>{{0, 0, 1}}, now, now),
                    WriteError);
}

}  // namespace
