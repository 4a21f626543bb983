// Plugins that do their worst, each beside good ones.
#include <boost/test/unit_test.hpp>

#include <map>

#include <sys/stat.h>

#include <asg/sdk/backend.hpp>

#include "fixture.hpp"

using namespace plugin_tests;

namespace {

struct Deed {
  const char* place;
  const char* action;
  const char* reason;
};

// "while it was loaded" and "in create", as the reasons say it.
std::string where(std::string_view place) {
  if (place == "constructor") return "while it was loaded";
  if (place == "entry") return "in its entry point";
  return "in " + std::string(place);
}

const char* const places[] = {"constructor",  "entry",       "create",
                              "device_count", "device_info", "destroy"};
// What is said, but for the place, which stands for {}, and the seconds, for {s}.
const Deed anywhere[] = {{"", "crashes", "it crashed {} (signal SIGSEGV)"},
                         {"", "aborts", "it crashed {} (signal SIGABRT)"},
                         {"", "exits", "it ended the process {} (exit status"},
                         {"", "loops", "it does not come back: {s} s were not enough {}"}};

const Deed elsewhere[] = {
    {"create", "overflows", "it crashed in create (signal SIGSEGV)"},
    {"create", "vanishes", "it ended the process in create (exit status"},
    {"create", "sleeps", "it does not come back: {s} s were not enough in create"},
    {"create", "stops", "it does not come back: {s} s were not enough in create"},
    {"create", "chatters", "it does not come back: {s} s were not enough in create"},
    {"create", "rounds", "create left the rounding mode changed"},
    {"device_info", "rounds", "device_info left the rounding mode changed"},
#if defined(__SSE__)
    {"constructor", "flushes", "loading left how subnormal numbers are computed changed"},
#endif
    {"create", "closes", "create closed or replaced file descriptor 1, which is not its own"},
    {"create", "redirects", "create closed or replaced file descriptor 2, which is not its own"},
    {"device_info", "closes", "closed or replaced file descriptor 1, which is not its own"},
    {"destroy", "closes", "closed or replaced file descriptor 1, which is not its own"},
    {"create", "sweeps", "file descriptors that are not its own, in create"},
};

std::string with_place(std::string text, std::string_view place) {
  if (const std::size_t at = text.find("{}"); at != std::string::npos)
    text.replace(at, 2, where(place));
  if (const std::size_t at = text.find("{s}"); at != std::string::npos)
    text.replace(at, 3, short_limit());
  return text;
}

// The expected reasons by backend name; what each is made of goes into the directory.
std::map<std::string, std::string> add_all(const Directory& directory) {
  std::map<std::string, std::string> reasons;
  const auto add = [&](const Deed& deed, std::string_view place) {
    const std::string name = std::string(place) + "_" + deed.action;
    directory.add("hostile", "asg-backend-" + name + ".so");
    reasons[name] = with_place(deed.reason, place);
  };
  for (const Deed& deed : anywhere)
    for (const char* place : places) add(deed, place);
  for (const Deed& deed : elsewhere) add(deed, deed.place);
  // Where a sanitizer takes the memory of a plugin for its own there is no limit.
  if (asg::sdk::address_sanitizer == 0 && asg::sdk::thread_sanitizer == 0)
    add({"create", "eats", "it crashed in create (signal SIGABRT)"}, "create");
  directory.add("throws_in_constructor");
  reasons["throws_in_constructor"] = "";
  return reasons;
}

std::string refusal_of(const std::string& name, const Directory& directory) {
  return message_of<asg::PluginError>(
      [&] { static_cast<void>(asg::open_device(name, directory.options())); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(every_bad_plugin_gives_its_reason_and_the_good_ones_beside_them_work) {
  const Environment seconds("ASG_PROBE_SECONDS", short_limit());
  Directory directory, cache;
  const Environment folder("ASG_CACHE_DIR", cache.path().string());
  const std::map<std::string, std::string> reasons = add_all(directory);
  directory.add("plain");
  directory.add("tiny");
  directory.add("hostile", "asg-backend-create_forks.so");  // what it leaves is ended with it
  for (const char* round : {"tried", "remembered"}) {
    const auto listings = asg::list_backends(directory.only());
    BOOST_TEST(listings.size() == reasons.size() + 3, round);
    for (const asg::BackendListing& listing : listings) {
      BOOST_TEST(listing.usable == listing.reason.empty(), round << " " << listing.name);
      const auto found = reasons.find(listing.name);
      BOOST_TEST(listing.usable == (found == reasons.end()),
                 round << " " << listing.name << ": " << listing.reason);
      if (found == reasons.end()) continue;
      BOOST_TEST(contains(listing.reason, found->second),
                 round << " " << listing.name << ": '" << listing.reason << "' does not say '"
                       << found->second << "'");
      BOOST_TEST(listing.devices.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_dying_plugin_prints_is_told) {
  Directory directory;
  directory.add("throws_in_constructor");
  const auto listings = asg::list_backends(directory.only());
  BOOST_TEST_REQUIRE(listings.size() == 1u);
  BOOST_TEST(contains(listings[0].reason, "before it was asked"), listings[0].reason);
}

BOOST_AUTO_TEST_CASE(opening_a_deadly_plugin_is_an_error) {
  const Environment seconds("ASG_PROBE_SECONDS", short_limit());
  Directory directory;
  for (const char* deed : {"constructor_crashes", "create_exits", "device_info_loops"})
    directory.add("hostile", "asg-backend-" + std::string(deed) + ".so");
  for (int round = 0; round < 2; ++round) {
    BOOST_TEST(contains(refusal_of("constructor_crashes", directory),
                        "cannot be used: it crashed while it was loaded (signal SIGSEGV)"));
    BOOST_TEST(contains(refusal_of("create_exits", directory),
                        "cannot be used: it ended the process in create (exit status"));
    BOOST_TEST(contains(refusal_of("device_info_loops", directory),
                        short_limit() + " s were not enough in device_info (ASG_PROBE_SECONDS "
                                        "gives more)"));
  }
}

BOOST_AUTO_TEST_CASE(a_plugin_that_waits_until_it_is_opened_is_found_in_this_process) {
  Directory directory;
  directory.add("hostile", "asg-backend-device_open_rounds.so");
  BOOST_TEST(contains(refusal_of("device_open_rounds", directory),
                      "device_open left the rounding mode changed"));
  volatile double one = 1, three = 3;
  const double below = one / three;
  BOOST_TEST(below * 3 <= 1.0, "the rounding mode is as it was");
  directory.add("hostile", "asg-backend-device_open_closes.so");
  BOOST_TEST(contains(refusal_of("device_open_closes", directory),
                      "device_open closed or replaced file descriptor 1"));
  struct stat status {};
  BOOST_TEST(::fstat(1, &status) == 0);
}

BOOST_AUTO_TEST_CASE(what_comes_after_a_broken_plugin_is_offered) {
  Directory first, second;
  const fs::path broken = first.add("hostile", "asg-backend-create_crashes.so");
  first.write("asg-backend-plain.so", "a text");
  second.add("hostile", "asg-backend-create_crashes.so");
  const fs::path good = second.add("plain");
  const asg::PluginSearch search{{first.path(), second.path()}, false};
  const std::string message = message_of<asg::PluginError>([&] {
    static_cast<void>(asg::open_device("plain", {0, search}));
  });
  BOOST_TEST(contains(message, "not a shared library"), message);
  BOOST_TEST(contains(message, "--backend " + good.string() + " takes another one"), message);
  for (const asg::BackendListing& listing : asg::list_backends(search))
    if (listing.file == good)
      BOOST_TEST(listing.reason == "shadowed by " +
                                       (first.path() / "asg-backend-plain.so").string() +
                                       ", which is refused; --backend with the path of this one "
                                       "takes it");
}

BOOST_AUTO_TEST_CASE(names_are_shown_on_one_line_and_as_text) {
  Directory directory;
  directory.add("hostile", "asg-backend-says_much.so");
  directory.write("asg-backend-\xff\n\x1b[31m.so", "a text");
  for (const asg::BackendListing& listing : asg::list_backends(directory.only())) {
    BOOST_TEST(!contains(listing.reason, "\n"));
    if (listing.name != "says_much") continue;
    BOOST_TEST(listing.usable, listing.reason);
    BOOST_TEST(listing.description == "two\\x0alines \\x1b[31m and \\xff no text");
  }
}

BOOST_AUTO_TEST_CASE(a_time_limit_that_is_none_is_an_error) {
  Directory directory;
  directory.add("plain");
  for (const char* wrong : {"0", "-1", "ten", "1.5", "99999999999999999999"}) {
    const Environment seconds("ASG_PROBE_SECONDS", wrong);
    const std::string message =
        message_of<asg::Error>([&] { static_cast<void>(asg::list_backends(directory.only())); });
    BOOST_TEST(contains(message, std::string("ASG_PROBE_SECONDS is '") + wrong + "'"), message);
  }
}

BOOST_AUTO_TEST_SUITE_END()
