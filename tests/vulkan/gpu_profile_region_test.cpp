// Random regions with the workgroups that GPUs get, whatever the device is, and
// with every loop watched.
#define ASG_SEED_SHARE 40
#define ASG_VULKAN_OPTIONS \
  {"profile", "gpu"}, { "loops", "60000" }
#include "pair.hpp"
//
#include "cpu/random_region_test.cpp"
