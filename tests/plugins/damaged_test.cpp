// Copies of a good plugin with bytes that were flipped or that are missing. After "--" on the
// command line: how many.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "fixture.hpp"

using namespace plugin_tests;

namespace {

int number_of_copies() {
  const auto& suite = boost::unit_test::framework::master_test_suite();
  const int wanted = suite.argc > 1 ? std::atoi(suite.argv[1]) : 0;
  return wanted > 0 ? wanted : 100;
}

// Every fifth one is cut; the others have one to eight flipped bits.
std::string with_damage(std::string plugin, std::mt19937& random) {
  if (random() % 5 == 0) return plugin.substr(0, random() % plugin.size());
  for (std::size_t n = 1 + random() % 8; n > 0; --n) {
    char& byte = plugin[random() % plugin.size()];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
  }
  return plugin;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(damaged)

BOOST_AUTO_TEST_CASE(a_damaged_plugin_is_listed_and_harms_nobody) {
  const Environment seconds("ASG_PROBE_SECONDS", short_limit());
  const std::string plugin = read_file(built_plugin("hostile"));
  std::mt19937 random(7);
  int unusable = 0;
  for (int done = 0, copies = number_of_copies(); done < copies;) {
    Directory directory;
    directory.add("plain");
    int here = 0;
    for (; here < 500 && done < copies; ++here, ++done)
      directory.write("asg-backend-d" + std::to_string(done) + ".so", with_damage(plugin, random));
    const auto listings = asg::list_backends(directory.only());
    BOOST_TEST(listings.size() == static_cast<std::size_t>(here) + 1);
    for (const asg::BackendListing& listing : listings) {
      BOOST_TEST(listing.usable == listing.reason.empty(), listing.file);
      if (listing.name == "plain") BOOST_TEST(listing.usable, listing.reason);
      unusable += listing.usable ? 0 : 1;
    }
  }
  BOOST_TEST(unusable > 0);
}

BOOST_AUTO_TEST_SUITE_END()
