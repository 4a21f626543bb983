// What is remembered of plugins, seen by how often they are loaded.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>

#include <sys/stat.h>

#include "fixture.hpp"

using namespace plugin_tests;

namespace {

// A directory of plugins that count, with a cache of its own.
class Counted {
 public:
  Counted()
      : cache_variable_("ASG_CACHE_DIR", cache_.path().string()),
        trace_variable_("ASG_TEST_TRACE", trace().string()) {}

  fs::path add(const std::string& name) const {
    return plugins_.add("hostile", "asg-backend-" + name + ".so");
  }
  /// How often plugins were loaded by a listing.
  int list(bool usable) const {
    const auto before = loads();
    for (const asg::BackendListing& listing : asg::list_backends(plugins_.only()))
      BOOST_TEST(listing.usable == usable, listing.name << ": " << listing.reason);
    return static_cast<int>(loads() - before);
  }
  [[nodiscard]] std::ptrdiff_t loads() const {
    const std::string text = read_file(trace());
    return std::count(text.begin(), text.end(), '\n');
  }
  [[nodiscard]] fs::path verdicts() const { return cache_.path() / "plugins" / "probes"; }
  [[nodiscard]] const Directory& plugins() const { return plugins_; }

 private:
  [[nodiscard]] fs::path trace() const { return traces_.path() / "trace"; }

  Directory plugins_, cache_, traces_;
  Environment cache_variable_, trace_variable_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(probe_cache)

BOOST_AUTO_TEST_CASE(a_deadly_plugin_is_not_tried_again) {
  Counted counted;
  counted.add("create_crashes");
  BOOST_TEST(counted.list(false) == 1);
  BOOST_TEST(counted.list(false) == 0);
  BOOST_TEST(read_file(counted.verdicts()).size() > 0u);
}

BOOST_AUTO_TEST_CASE(what_a_plugin_answers_in_good_order_is_asked_every_time) {
  Counted counted;
  counted.add("none_at_all");
  BOOST_TEST(counted.list(true) == 1);
  BOOST_TEST(counted.list(true) == 1);
}

BOOST_AUTO_TEST_CASE(another_file_is_tried) {
  Counted counted;
  const fs::path file = counted.add("create_crashes");
  BOOST_TEST(counted.list(false) == 1);
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
  BOOST_TEST(counted.list(false) == 1);
  fs::remove(file);
  counted.add("create_crashes");
  BOOST_TEST(counted.list(false) == 1);
  BOOST_TEST(counted.list(false) == 0);
}

BOOST_AUTO_TEST_CASE(in_another_environment_a_deadly_plugin_is_tried_again) {
  Counted counted;
  counted.add("create_crashes");
  BOOST_TEST(counted.list(false) == 1);
  {
    const Environment driver("ASG_TEST_DRIVER", "another");
    BOOST_TEST(counted.list(false) == 1);
    BOOST_TEST(counted.list(false) == 0);
  }
  {
    const Environment seconds("ASG_PROBE_SECONDS", "9");
    BOOST_TEST(counted.list(false) == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_cache_that_was_damaged_is_made_anew) {
  Counted counted;
  counted.add("create_crashes");
  BOOST_TEST(counted.list(false) == 1);
  const std::string verdicts = read_file(counted.verdicts());
  const auto with = [&](const std::string& bytes) {
    std::ofstream(counted.verdicts(), std::ios::binary) << bytes;
    const int tried = counted.list(false);
    BOOST_TEST(counted.list(false) == 0);
    return tried;
  };
  for (std::size_t i = 0; i + 1 < verdicts.size(); i += 5) {
    std::string flipped = verdicts;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    BOOST_TEST(with(flipped) == 1, "byte " << i);
  }
  BOOST_TEST(with(verdicts.substr(0, verdicts.size() / 2)) == 1);
  BOOST_TEST(with("") == 1);
  BOOST_TEST(with(std::string(100'000, '\n')) == 1);
  BOOST_TEST(with(std::string(100'000, '\0')) == 1);
  // Damage in one line does not spoil the others.
  BOOST_TEST(with("garbage\n" + read_file(counted.verdicts()) + "garbage") == 0);
}

BOOST_AUTO_TEST_CASE(a_cache_that_others_may_write_is_not_used) {
  Counted counted;
  counted.add("create_crashes");
  BOOST_TEST(counted.list(false) == 1);
  const fs::path folder = counted.verdicts().parent_path();
  for (const fs::path& open : {counted.verdicts(), folder, folder.parent_path()}) {
    const fs::perms before = fs::status(open).permissions();
    fs::permissions(open, before | fs::perms::others_write);
    BOOST_TEST(counted.list(false) == 1, open);
    fs::permissions(open, before);
  }
  BOOST_TEST(counted.list(false) == 0);
  struct stat status {};
  BOOST_TEST_REQUIRE(::stat(counted.verdicts().c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777u) == 0600u);
}

BOOST_AUTO_TEST_CASE(without_a_place_for_a_cache_everything_works) {
  Counted counted;
  counted.add("create_crashes");
  const fs::path file = counted.plugins().write("file", "a text");
  const Environment cache("ASG_CACHE_DIR", (file / "below").string());
  for (int round = 0; round < 2; ++round) {
    const auto listings = asg::list_backends(counted.plugins().only());
    BOOST_TEST(contains(listings.at(0).reason, "it crashed in create"), listings.at(0).reason);
  }
  BOOST_TEST(counted.loads() == 2);
}

BOOST_AUTO_TEST_CASE(a_plugin_is_tried_before_it_is_opened_for_the_first_time_only) {
  Counted counted;
  const fs::path file = counted.add("none_at_all");
  const fs::path other = counted.add("other_one");
  const asg::DeviceOptions options{0, {{}, false}};
  static_cast<void>(asg::open_device(file.string(), options));
  BOOST_TEST(counted.loads() == 2);  // there, and here
  static_cast<void>(asg::open_device(file.string(), options));
  BOOST_TEST(counted.loads() == 2);
  // A listing has tried this one.
  BOOST_TEST(counted.list(true) == 2);
  static_cast<void>(asg::open_device(other.string(), options));
  BOOST_TEST(counted.loads() == 5);
}

BOOST_AUTO_TEST_SUITE_END()
