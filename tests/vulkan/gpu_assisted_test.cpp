// Random regions under GPU-assisted validation, which sees every access that leaves its
// buffer.  Slow, so there are few.
#define ASG_SEED_SHARE 60
#include "pair.hpp"
//
#include "cpu/random_region_test.cpp"

namespace {

// Before the first use of the backend: the layers read it when an instance is made.
[[maybe_unused]] const int replaced = [] {
  if (std::getenv("ASG_VULKAN_VALIDATION") == nullptr) return 0;
  return setenv("ASG_VULKAN_VALIDATION", "core,gpu", 1);
}();

}  // namespace
