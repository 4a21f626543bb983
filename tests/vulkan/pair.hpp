// The Vulkan backend beside the reference backend, in the place of `backends()` that the tests of
// the CPU backend ask: their cases run here, too.
#pragma once

#include "cpu/differential.hpp"

#ifndef ASG_VULKAN_OPTIONS
#define ASG_VULKAN_OPTIONS
#endif

namespace asg::testing {

class VulkanPair {
 public:
  VulkanPair() : reference_(ASG_TEST_REFERENCE), vulkan_(ASG_TEST_VULKAN, {ASG_VULKAN_OPTIONS}) {}

  /// Empty when both agree; see difference().  Vulkan leaves it to the device what becomes of
  /// denormal numbers, so there are none.
  std::string compare(Case& c, double tolerance = 0) const {
    for (auto& [id, data] : c.inputs) flush(c.program.value(id).dtype, data);
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
  template <class T>
  static void flush_all(Bytes& data) {
    for (std::size_t i = 0; i + sizeof(T) <= data.size(); i += sizeof(T)) {
      T x;
      std::memcpy(&x, data.data() + i, sizeof x);
      if (std::fpclassify(x) == FP_SUBNORMAL) std::memset(data.data() + i, 0, sizeof x);
    }
  }
  static void flush(uint32_t dtype, Bytes& data) {
    if (dtype == ASG_F32) flush_all<float>(data);
    if (dtype == ASG_F64) flush_all<double>(data);
  }

  LoadedBackend reference_, vulkan_;
};

inline const VulkanPair& vulkan_pair() {
  static const auto& pair = kept<VulkanPair>();
  return pair;
}

}  // namespace asg::testing

#define backends vulkan_pair
