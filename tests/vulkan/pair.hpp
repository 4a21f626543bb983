// The Vulkan backend beside the reference backend, in the place of `backends()` that the tests of
// the CPU backend ask: their cases run here, too.
#pragma once

#include "cpu/differential.hpp"

namespace asg::testing {

class VulkanPair {
 public:
  VulkanPair() : reference_(ASG_TEST_REFERENCE), vulkan_(ASG_TEST_VULKAN) {}

  /// Empty when both agree; see difference().
  std::string compare(Case& c, double tolerance = 0) const {
    const std::vector<Bytes> expected = run_on(reference_, c);
    const std::vector<Bytes> got = run_on(vulkan_, c);
    for (std::size_t o = 0; o < expected.size(); ++o) {
      const uint32_t dtype = c.program.value(c.outputs[o]).dtype;
      const std::string text = difference(dtype, got[o], expected[o], tolerance);
      if (!text.empty())
        return "output " + std::to_string(o) + " (" + sdk::dtype_name(dtype) + "): " + text;
    }
    return {};
  }
  const LoadedBackend& cpu(std::size_t = 0) const { return vulkan_; }
  const LoadedBackend& reference() const { return reference_; }

 private:
  LoadedBackend reference_, vulkan_;
};

inline const VulkanPair& vulkan_pair() {
  static const VulkanPair pair;
  return pair;
}

}  // namespace asg::testing

#define backends vulkan_pair
