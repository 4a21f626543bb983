// Random regions: every bit must be that of the reference.  Only instructions that IEEE 754 or
// integer arithmetic define to the bit are used here; accuracy_test.cpp looks at the others.
#include <boost/test/unit_test.hpp>

#include "check/random_region.hpp"
#include "differential.hpp"

namespace asg::testing {
namespace {

void compare(Case& c, const std::string& what) {
  std::string text;
  try {
    text = backends().compare(c);
  } catch (const std::exception& e) {
    text = e.what();
  }
  BOOST_CHECK_MESSAGE(text.empty(), what << ": " << text);
}

void run(uint64_t seed, int64_t limit) {
  Random random(seed);
  Case c;
  const Shape dims = random_dims(random, limit);
  RandomRegion(random, c, dims).build();
  compare(c, "seed " + std::to_string(seed) + ", domain " + text_of(dims));
}

// Backends that compile for each region take a share of the seeds.
#ifndef ASG_SEED_SHARE
#define ASG_SEED_SHARE 1
#endif

void run_instances(uint64_t seed, int64_t longest) {
  Random random(seed);
  Case c;
  build_instances(random, c, longest);
  compare(c, "seed " + std::to_string(seed) + ", longest " + std::to_string(longest));
}

BOOST_AUTO_TEST_SUITE(random_regions)

BOOST_AUTO_TEST_CASE(instances) {
  for (uint64_t seed = 1; seed <= 200 / ASG_SEED_SHARE; ++seed) {
    run_instances(seed, 30);
    run_instances(seed, 3000);
  }
  for (uint64_t seed = 1; seed <= 20 / ASG_SEED_SHARE; ++seed) run_instances(seed, 60000);
}

BOOST_AUTO_TEST_CASE(small_domains) {
  for (uint64_t seed = 1; seed <= 1500 / ASG_SEED_SHARE; ++seed) run(seed, 600);
}
BOOST_AUTO_TEST_CASE(medium_domains) {
  for (uint64_t seed = 1; seed <= 500 / ASG_SEED_SHARE; ++seed) run(seed, 6000);
}
BOOST_AUTO_TEST_CASE(large_domains) {
  for (uint64_t seed = 1; seed <= 150 / ASG_SEED_SHARE; ++seed) run(seed, 60000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
