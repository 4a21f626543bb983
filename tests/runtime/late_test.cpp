// A backend that finishes late: what overlaps, in which order things are done, what a failure and a
// hang do.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include <asg/asg.hpp>

#include "support/messages.hpp"

namespace {

using namespace asg;
using test_support::contains;
using test_support::message_of;

// What the plugin and the test say, in order.
class Story {
 public:
  Story() {
    set_log_handler([this](LogLevel, std::string_view source, std::string_view text) {
      if (source == "late") tell(std::string(text));
    });
  }
  ~Story() { set_log_handler({}); }
  void tell(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  // The place of a line; the number of lines when it was not told.
  std::size_t at(const std::string& line) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::find(lines_.begin(), lines_.end(), line) - lines_.begin());
  }
  std::vector<std::string> starting(const std::string& with, const std::string& end) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const std::string& line : lines_)
      if (line.rfind(with, 0) == 0 && line.size() > end.size() &&
          line.compare(line.size() - end.size(), end.size(), end) == 0)
        found.push_back(line);
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

Device late(const std::string& options = "", int seconds = 0) {
  DeviceOptions chosen;
  chosen.time_limit = seconds;
  return open_device(ASG_TEST_LATE + options, chosen);
}

// w <- w - x, and what it was times x; y picks by an index.
struct Model {
  Graph graph;
  Tensors outputs;
  Model() {
    const Tensor x = graph.input("x", f32, {4}), index = graph.input("index", i64, {1});
    const Tensor w = graph.variable("w", f32, {4});
    outputs = {sum(w * x), gather(x, index, 0)};
    graph.assign(w, w - x);
  }
};

std::vector<Array> inputs(float x, std::int64_t index = 1) {
  return {Array({4}, {x, 2 * x, 3 * x, 4 * x}), Array({1}, {index})};
}

struct Fixture {
  explicit Fixture(const Device& on) : device(on), state(device) {
    program = compile(device, model.graph, model.outputs);
    state.set("w", Array({4}, {1.0F, 1.0F, 1.0F, 1.0F}));
  }
  Device device;
  Model model;
  State state;
  CompiledGraph program;
};

BOOST_AUTO_TEST_CASE(the_result_of_a_run_is_fetched_while_the_next_one_runs) {
  Story story;
  Fixture f(late());
  PendingRun first = f.program.submit(f.state, inputs(1));
  story.tell("the first is submitted");
  const std::vector<std::string> uploads = story.starting("transfer", "submitted");
  PendingRun second = f.program.submit(f.state, inputs(2));
  story.tell("the second is submitted");
  BOOST_TEST(first.get()[0].item<float>() == 10.0F);
  story.tell("the first is fetched");
  BOOST_TEST(second.get()[0].item<float>() == -40.0F);
  const std::vector<std::string> begun = story.starting("execution", "submitted"),
                                 done = story.starting("execution", "done");
  BOOST_REQUIRE(begun.size() == 2u);
  BOOST_REQUIRE(done.size() == 2u);
  // The uploads and the run of the second step were there before the first was over.
  BOOST_TEST(story.at(begun[1]) < story.at(done[0]));
  BOOST_TEST(story.at("the first is submitted") < story.at(done[0]));
  // The first is fetched although the second, which nobody has waited for, is not over.
  BOOST_TEST(story.at("the first is fetched") < story.at(done[1]));
  BOOST_TEST(!uploads.empty());
}

BOOST_AUTO_TEST_CASE(what_returns_when_it_is_done_follows_what_was_submitted) {
  Fixture f(late());
  PendingRun run = f.program.submit(f.state, inputs(1));
  const Array w = f.state.get("w");
  BOOST_TEST(w.get(0) == 0.0);
  BOOST_TEST(w.get(3) == -3.0);
  BOOST_TEST(f.program.run(f.state, inputs(1))[0].item<float>() == 0.0F - 2 - 6 - 12);
  BOOST_TEST(run.get()[0].item<float>() == 10.0F);
}

BOOST_AUTO_TEST_CASE(many_runs_give_what_a_backend_that_waits_gives) {
  Fixture ours(late()), theirs(open_device("reference"));
  std::vector<PendingRun> runs;
  std::vector<float> expected;
  for (int i = 0; i < 20; ++i) {
    const float x = 0.25F * static_cast<float>(i % 5);
    runs.push_back(ours.program.submit(ours.state, inputs(x)));
    expected.push_back(theirs.program.run(theirs.state, inputs(x))[0].item<float>());
  }
  for (std::size_t i = 0; i < runs.size(); ++i)
    BOOST_TEST(runs[i].get()[0].item<float>() == expected[i]);
}

BOOST_AUTO_TEST_CASE(a_failure_belongs_to_its_run) {
  Fixture f(late());
  PendingRun good = f.program.submit(f.state, inputs(1));
  PendingRun bad = f.program.submit(f.state, inputs(1, 9));
  PendingRun after = f.program.submit(f.state, inputs(1));
  const std::string message = message_of<DeviceError>([&] { return bad.get(); });
  BOOST_TEST(contains(message, "index 9 is outside [0, 4)"), message);
  BOOST_TEST(contains(message, "late_test.cpp:"), message);
  BOOST_TEST(good.get()[0].item<float>() == 10.0F);
  // As if the one that failed had been left out.
  BOOST_TEST(after.get()[0].item<float>() == 0.0F - 2 - 6 - 12);
}

BOOST_AUTO_TEST_CASE(nothing_goes_while_work_uses_it) {
  PendingRun run;
  {
    Fixture f(late());
    run = f.program.submit(f.state, inputs(1));
    static_cast<void>(f.program.submit(f.state, inputs(2)));  // nobody asks for it
  }
  BOOST_TEST(run.get()[0].item<float>() == 10.0F);
}

BOOST_AUTO_TEST_CASE(arrays_of_a_run_may_be_forgotten) {
  Fixture f(late());
  PendingRun run;
  {
    const std::vector<Array> given = inputs(1);
    run = f.program.submit(f.state, given);
  }
  BOOST_TEST(run.get()[0].item<float>() == 10.0F);
  BOOST_TEST(run.get().empty());
}

BOOST_AUTO_TEST_CASE(backends_that_do_not_finish_late_can_be_submitted_to) {
  Fixture f(open_device("reference"));
  PendingRun run = f.program.submit(f.state, inputs(1));
  BOOST_TEST(f.state.get("w").get(3) == -3.0);
  BOOST_TEST(run.get()[0].item<float>() == 10.0F);
  BOOST_TEST(
      contains(message_of<DeviceError>([&] { return f.program.submit(f.state, inputs(1, 9)); }),
               "index 9 is outside [0, 4)"));
}

BOOST_AUTO_TEST_CASE(a_hang_is_an_error_after_the_time_limit) {
  Fixture f(late(",stall=1", 1));
  PendingRun run = f.program.submit(f.state, inputs(1));
  const std::string message = message_of<DeviceError>([&] { return run.get(); });
  BOOST_TEST(contains(message, "execute has not ended within 1 s"), message);
  BOOST_TEST(contains(message, "ASG_DEVICE_SECONDS"), message);
  BOOST_TEST(contains(message, "backend late"), message);
  const std::string later = message_of<DeviceError>([&] { return f.state.get("w"); });
  BOOST_TEST(contains(later, "was given up"), later);
}

BOOST_AUTO_TEST_CASE(a_hang_of_what_returns_when_it_is_done_is_one_too) {
  Fixture f(late(",stall=1", 1));
  BOOST_TEST(contains(message_of<DeviceError>([&] { return f.program.run(f.state, inputs(1)); }),
                      "execute has not ended within 1 s"));
}

BOOST_AUTO_TEST_CASE(time_limits_are_checked) {
  BOOST_TEST(contains(message_of<Error>([] { return late("", -1); }), "time_limit is -1"));
  ::setenv("ASG_DEVICE_SECONDS", "soon", 1);
  BOOST_TEST(contains(message_of<Error>([] { return late(); }), "ASG_DEVICE_SECONDS is 'soon'"));
  ::unsetenv("ASG_DEVICE_SECONDS");
}

}  // namespace
