#include <boost/test/unit_test.hpp>

#include <asg/runtime/log.hpp>

#include "fixture.hpp"

using namespace plugin_tests;

namespace {

struct Line {
  asg::LogLevel level;
  std::string source;
  std::string message;
};

// Collects messages until the end of the scope.
struct Collector {
  Collector() {
    asg::set_log_handler(
        [this](asg::LogLevel level, std::string_view source, std::string_view message) {
          lines.push_back({level, std::string(source), std::string(message)});
        });
  }
  ~Collector() { asg::set_log_handler({}); }
  std::vector<std::string> from(std::string_view source) const {
    std::vector<std::string> messages;
    for (const Line& line : lines)
      if (line.source == source) messages.push_back(line.message);
    return messages;
  }
  std::vector<Line> lines;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(messages_of_plugins_reach_the_handler_with_their_name) {
  Directory directory;
  directory.add("plain");
  Collector collector;
  static_cast<void>(asg::open_device("plain", directory.options()));
  const std::vector<std::string> expected = {"created", "closed", "destroyed"};
  BOOST_TEST(collector.from("plain") == expected, boost::test_tools::per_element());
  for (const Line& line : collector.lines)
    if (line.source == "plain") BOOST_CHECK(line.level == asg::LogLevel::info);
}

BOOST_AUTO_TEST_CASE(a_backend_lives_as_long_as_anything_of_it) {
  Directory directory;
  directory.add("plain");
  Collector collector;
  asg::Buffer buffer;
  {
    const asg::Device first = asg::open_device("plain:0", directory.options());
    const asg::Device second = asg::open_device("plain:1", directory.options());
    BOOST_CHECK(!(first == second));
    buffer = second.allocate(64);
  }
  const std::vector<std::string> one_closed = {"created", "closed"};
  BOOST_TEST(collector.from("plain") == one_closed, boost::test_tools::per_element());
  const int number = 7;
  buffer.upload(0, &number, sizeof number);
  buffer = {};
  const std::vector<std::string> all_closed = {"created", "closed", "closed", "destroyed"};
  BOOST_TEST(collector.from("plain") == all_closed, boost::test_tools::per_element());
  static_cast<void>(asg::open_device("plain", directory.options()));
  BOOST_TEST(collector.from("plain").size() == 7u, "a backend can be started again");
}

BOOST_AUTO_TEST_CASE(exceptions_of_functions_that_cannot_fail_are_logged) {
  Directory directory;
  directory.add("throws_in_execute");
  Collector collector;
  static_cast<void>(asg::open_device("throws_in_execute", directory.options()));
  const std::vector<std::string> expected = {"device_close threw an exception: cannot close"};
  BOOST_TEST(collector.from("throws_in_execute") == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_is_dropped) {
  Directory directory;
  directory.add("plain");
  int calls = 0;
  asg::set_log_handler([&](asg::LogLevel, std::string_view, std::string_view) {
    ++calls;
    throw std::runtime_error("broken handler");
  });
  BOOST_CHECK_NO_THROW(static_cast<void>(asg::open_device("plain", directory.options())));
  asg::set_log_handler({});
  BOOST_TEST(calls > 2);
}

BOOST_AUTO_TEST_CASE(the_environment_names_the_level) {
  {
    const Environment level("ASG_LOG", "warn");
    BOOST_CHECK(asg::log_level_from_environment() == asg::LogLevel::warn);
  }
  {
    const Environment level("ASG_LOG", "everything");
    BOOST_CHECK(asg::log_level_from_environment() == asg::LogLevel::debug);
  }
  const Environment level("ASG_LOG", "");
  BOOST_CHECK(asg::log_level_from_environment() == asg::LogLevel::off);
  BOOST_CHECK(asg::log_level_from_environment(asg::LogLevel::info) == asg::LogLevel::info);
}

BOOST_AUTO_TEST_SUITE_END()
