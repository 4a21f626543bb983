// What the backend counts.  get_extension("asg.vulkan.counters/0") returns a `const Counters*`.
#pragma once

#include <atomic>
#include <cstdint>

namespace asg::vulkan {

inline constexpr const char* counters_extension = "asg.vulkan.counters/0";

struct Counters {
  std::atomic<uint64_t> submissions{0};       ///< to queues
  std::atomic<uint64_t> shaders_compiled{0};  ///< by glslang
  std::atomic<uint64_t> pipelines{0};         ///< made by the driver
  std::atomic<uint64_t> buffers{0};           ///< of Vulkan, not of the ABI
  std::atomic<uint64_t> recordings{0};        ///< of programs into command buffers
  std::atomic<uint64_t> dispatches{0};        ///< in these recordings
};

}  // namespace asg::vulkan
