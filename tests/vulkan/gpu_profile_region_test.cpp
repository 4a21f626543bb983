// Random regions with the workgroups that GPUs get, whatever the device is.
#define ASG_SEED_SHARE 40
#define ASG_VULKAN_OPTIONS \
  { "profile", "gpu" }
#include "pair.hpp"
//
#include "cpu/random_region_test.cpp"
