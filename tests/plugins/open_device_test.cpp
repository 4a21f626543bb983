#include <boost/test/unit_test.hpp>

#include <asg/runtime/log.hpp>

#include "fixture.hpp"

using namespace plugin_tests;

namespace {

std::string refusal(std::string_view spec, const asg::DeviceOptions& options) {
  return message_of<asg::PluginError>([&] { static_cast<void>(asg::open_device(spec, options)); });
}

void check_says(const std::string& message, std::string_view part) {
  BOOST_TEST(contains(message, part), "'" << message << "' does not say '" << part << "'");
}

using Options = std::vector<std::pair<std::string, std::string>>;

// What tiny logs of the options that it was opened with.
std::string threads_seen(const Directory& directory, int threads, const std::string& spec = "tiny",
                         const Options& options = {}) {
  std::string seen;
  asg::set_log_handler([&](asg::LogLevel, std::string_view, std::string_view message) {
    if (message.starts_with("threads=")) seen = message;
  });
  asg::DeviceOptions chosen = directory.options(threads);
  chosen.options = options;
  static_cast<void>(asg::open_device(spec, chosen));
  asg::set_log_handler({});
  return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(open_device)

BOOST_AUTO_TEST_CASE(devices_are_chosen_by_index_or_id) {
  Directory directory;
  const fs::path file = directory.add("plain");
  const auto id = [&](const std::string& spec) {
    return asg::open_device(spec, directory.options()).description().id;
  };
  BOOST_TEST(id("plain") == "0000:01:00.0");
  BOOST_TEST(id("plain:") == "0000:01:00.0");
  BOOST_TEST(id("plain:1") == "0000:02:00.0");
  BOOST_TEST(id("plain:0000:02:00.0") == "0000:02:00.0");
  BOOST_TEST(id(file.string()) == "0000:01:00.0");
  BOOST_TEST(id(file.string() + ":1") == "0000:02:00.0");
  BOOST_TEST(id(file.string() + ":0000:02:00.0") == "0000:02:00.0");
}

BOOST_AUTO_TEST_CASE(a_device_that_does_not_exist_names_those_that_do) {
  Directory directory;
  directory.add("plain");
  for (const char* device : {"2", "-1", "1x", "0000:03:00.0", "99999999999999999999"})
    BOOST_TEST(refusal(std::string("plain:") + device, directory.options()) ==
               std::string("backend plain has no device '") + device +
                   "'; its devices are 0 (plain C number 0), 1 (plain C number 1)");
}

BOOST_AUTO_TEST_CASE(a_plugin_given_by_path_may_have_any_file_name) {
  Directory directory;
  const fs::path file = directory.add("plain", "mine.so");
  const asg::Device device = asg::open_device(file.string(), {0, {{}, false}});
  BOOST_TEST(device.backend_name() == "plain");
  BOOST_TEST(device.backend_file() == file);
  check_says(refusal((directory.path() / "absent.so").string(), {}), "No such file or directory");
}

BOOST_AUTO_TEST_CASE(an_unknown_name_says_what_was_searched_and_found) {
  Directory first, second;
  first.add("plain");
  first.write("notes.txt", "hello");
  second.add("newer_abi");
  const asg::DeviceOptions options{0, {{first.path(), second.path(), "/nonexistent"}, false}};
  BOOST_TEST(refusal("plian", options) ==
             "there is no backend 'plian'; did you mean 'plain'?; searched:\n"
             "  " +
                 first.path().string() +
                 " (given)\n"
                 "    asg-backend-plain.so: backend plain\n"
                 "    notes.txt: not named asg-backend-NAME.so\n"
                 "  " +
                 second.path().string() +
                 " (given)\n"
                 "    asg-backend-newer_abi.so: built for backend ABI 7, this asg speaks 1\n"
                 "  /nonexistent (given): does not exist");
  check_says(refusal("entirely_different", options), "there is no backend 'entirely_different'; s");
  BOOST_TEST(refusal("x", {0, {{}, false}}) ==
             "there is no backend 'x'; searched: nothing, no directory was given");
}

BOOST_AUTO_TEST_CASE(no_other_plugin_is_loaded) {
  Directory directory;
  directory.add("plain");
  directory.add("tiny");
  std::vector<std::string> loaded;
  asg::set_log_handler([&](asg::LogLevel, std::string_view source, std::string_view message) {
    if (source == "loader" && message.starts_with("loading ")) loaded.emplace_back(message);
  });
  static_cast<void>(asg::open_device("plain", directory.options()));
  static_cast<void>(refusal("absent", directory.options()));
  asg::set_log_handler({});
  BOOST_REQUIRE(loaded.size() == 1u);
  check_says(loaded[0], "asg-backend-plain.so");
}

BOOST_AUTO_TEST_CASE(a_broken_plugin_does_not_give_way_to_another_of_its_name) {
  Directory broken, good;
  const fs::path file = broken.write("asg-backend-plain.so", "a text");
  const fs::path other = good.add("plain");
  BOOST_TEST(refusal("plain", {0, {{broken.path(), good.path()}, false}}) ==
             "the plugin " + file.string() + " cannot be used: not a shared library\n  --backend " +
                 other.string() + " takes another one");
}

BOOST_AUTO_TEST_CASE(failures_of_a_plugin_are_passed_on) {
  Directory directory;
  for (const char* name : {"refuses", "create_fails", "no_devices", "undefined_symbol"})
    directory.add(name);
  check_says(refusal("refuses", directory.options()), "this processor has no vector unit");
  check_says(refusal("create_fails", directory.options()), "no driver\\x01 for this \\xff machine");
  check_says(refusal("no_devices", directory.options()), "finds no device on this machine");
  check_says(refusal("undefined_symbol", directory.options()), "undefined symbol");
  // A failure must leave nothing behind that would make the next attempt fail otherwise.
  check_says(refusal("create_fails", directory.options()), "no driver\\x01 for this \\xff machine");
}

BOOST_AUTO_TEST_CASE(the_environment_names_the_default) {
  Directory directory;
  directory.add("plain");
  const Environment backend("ASG_BACKEND", "plain:1");
  BOOST_TEST(asg::open_device({}, directory.options()).description().id == "0000:02:00.0");
  const Environment none("ASG_BACKEND", "");
  check_says(refusal({}, directory.options()), "there is no backend 'cpu'");
}

BOOST_AUTO_TEST_CASE(the_number_of_threads_reaches_backends_that_have_the_option) {
  Directory directory;
  directory.add("tiny");
  directory.add("plain");
  ::unsetenv("ASG_NUM_THREADS");
  BOOST_TEST(threads_seen(directory, 0) == "threads=none");
  BOOST_TEST(threads_seen(directory, 3) == "threads=3");
  BOOST_TEST(asg::open_device("tiny", directory.options(3)).description().threads == 3);
  {
    const Environment threads("ASG_NUM_THREADS", "5");
    BOOST_TEST(threads_seen(directory, 0) == "threads=5");
    BOOST_TEST(threads_seen(directory, 2) == "threads=2");
    // plain refuses every option, and does not get one.
    BOOST_CHECK_NO_THROW(static_cast<void>(asg::open_device("plain", directory.options(2))));
  }
  for (const char* wrong : {"0", "-1", "two", "3 "}) {
    const Environment threads("ASG_NUM_THREADS", wrong);
    check_says(message_of<asg::Error>(
                   [&] { static_cast<void>(asg::open_device("tiny", directory.options())); }),
               std::string("ASG_NUM_THREADS is '") + wrong + "'");
  }
  check_says(message_of<asg::Error>(
                 [&] { static_cast<void>(asg::open_device("tiny", directory.options(-2))); }),
             "must not be negative");
}

BOOST_AUTO_TEST_CASE(options_follow_the_device) {
  Directory directory;
  const std::string file = directory.add("tiny").string();
  ::unsetenv("ASG_NUM_THREADS");
  BOOST_TEST(threads_seen(directory, 0, "tiny,threads=7") == "threads=7");
  BOOST_TEST(threads_seen(directory, 0, "tiny:0,threads=7") == "threads=7");
  BOOST_TEST(threads_seen(directory, 0, file + ",threads=7") == "threads=7");
  BOOST_TEST(threads_seen(directory, 0, file + ":cpu,threads=7") == "threads=7");
  BOOST_TEST(threads_seen(directory, 0, "tiny,threads=") == "threads=");
  BOOST_TEST(threads_seen(directory, 0, "tiny", {{"threads", "8"}}) == "threads=8");
  const Environment threads("ASG_NUM_THREADS", "5");
  BOOST_TEST(threads_seen(directory, 0, "tiny,threads=7") == "threads=7");
}

BOOST_AUTO_TEST_CASE(a_path_may_have_colons_and_commas) {
  Directory directory;
  const fs::path odd = fs::path(directory.options().search.directories.at(0)) / "a,b:c.so.d";
  fs::create_directory(odd);
  fs::copy_file(directory.add("tiny"), odd / "asg-backend-tiny.so");
  const std::string file = (odd / "asg-backend-tiny.so").string();
  BOOST_TEST(threads_seen(directory, 0, file) == "threads=none");
  BOOST_TEST(threads_seen(directory, 0, file + ":0,threads=4") == "threads=4");
}

BOOST_AUTO_TEST_CASE(options_that_a_backend_lacks_are_refused_with_those_that_it_has) {
  Directory directory;
  directory.add("tiny");
  directory.add("plain");
  const auto says = [&](const std::string& spec, int threads, const std::string& text) {
    check_says(message_of<asg::Error>(
                   [&] { static_cast<void>(asg::open_device(spec, directory.options(threads))); }),
               text);
  };
  says("tiny,thread=2", 0, "backend tiny has no option 'thread', did you mean 'threads'?");
  says("tiny,thread=2", 0, "its options are\n  threads=1  the number that is asked for");
  says("plain,cache=x", 0, "backend plain has no option 'cache'; it has none");
  says("tiny,threads=1,threads=2", 0, "the option 'threads' of backend tiny is given twice");
  says("tiny,threads=1", 2, "the number of threads is given twice");
  says("tiny,threads", 0, "'threads' is no option of a backend; write KEY=VALUE");
  says("tiny,=2", 0, "'=2' is no option of a backend");
  says("tiny,", 0, "'' is no option of a backend");
}

BOOST_AUTO_TEST_SUITE_END()
