// What a host may have beyond the contract, and a plugin does without.
#include <boost/test/unit_test.hpp>

#include <string>

#include "loaded_backend.hpp"
#include "memory_cache.hpp"

using namespace asg::testing;

namespace {

std::string name_with(const Services& services) {
  const LoadedBackend backend(ASG_TEST_COUNTING_PLUGIN, {}, services);
  asg_device_info info{};
  info.struct_size = sizeof info;
  checked([&](asg_error* e) { return backend.api().opened_info(backend.device(), &info, e); });
  return info.name;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_stored_is_found_by_the_next) {
  MemoryCache cache;
  BOOST_TEST(name_with(cache.services()) == "opened 0 times before");
  BOOST_TEST(name_with(cache.services()) == "opened 1 times before");
  BOOST_TEST_REQUIRE(cache.entries.size() == 1u);
  BOOST_TEST(cache.entries.begin()->first == std::string("how often\0opened", 16));
  cache.entries.begin()->second += "more";
  BOOST_TEST(name_with(cache.services()) == "opened 0 times before");
  BOOST_TEST(name_with(cache.services()) == "opened 1 times before");
}

BOOST_AUTO_TEST_CASE(a_host_that_keeps_nothing_says_so) {
  MemoryCache cache;
  cache.takes_nothing = true;
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(name_with(cache.services()) == "opened 0 times before, forgotten");
}

BOOST_AUTO_TEST_CASE(a_host_without_a_cache_is_done_without) {
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(name_with(Services()) == "opened 0 times before, forgotten");
}
