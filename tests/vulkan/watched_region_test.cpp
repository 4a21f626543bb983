// Random regions with every loop watched: none runs more often than its shader says.
#define ASG_SEED_SHARE 40
#define ASG_VULKAN_OPTIONS \
  { "loops", "60000" }
#include "pair.hpp"
//
#include "cpu/random_region_test.cpp"
