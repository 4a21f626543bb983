// What the generators of shaders must know of a device; nothing of Vulkan's own types.
#pragma once

#include <cstdint>

#include "gpu.hpp"

namespace asg::vulkan {

struct Traits {
  bool software = false;  ///< runs on the processor: barriers are dear, shared memory gains nothing
  bool int64 = false;
  bool float64 = false;
  bool storage8 = false;
  bool nan_preserve32 = false;  ///< SignedZeroInfNanPreserve can be asked for
  bool nan_preserve64 = false;
  bool round_even32 = false;
  bool round_even64 = false;
  bool denorm_preserve32 = false;
  bool denorm_preserve64 = false;
  /// Of a subgroup, where that is what a processor computes at once and lanes hand each other their
  /// values; else 0.
  uint32_t lanes = 0;
  uint32_t max_buffers = 0;       ///< storage buffers that one shader may use
  uint32_t max_invocations = 0;   ///< threads of a workgroup
  uint32_t shared_bytes = 0;      ///< of a workgroup
  uint32_t max_groups = 0;        ///< workgroups of one dispatch
  uint64_t max_range = 0;         ///< bytes that one descriptor may span
  uint64_t offset_alignment = 0;  ///< of the beginning of a descriptor's range
  /// Iterations that all loops of one invocation may run together; see glsl/iterations.hpp.
  uint64_t max_iterations = UINT64_MAX;
  bool watches_loops = false;  ///< shaders report a loop that runs more often than it says

  /// Threads of a workgroup without barriers.
  uint32_t group_size() const {
    return max_invocations < gpu::threads ? gpu::few_threads : gpu::threads;
  }
  /// Threads of a workgroup with barriers, a multiple of the 16 lanes of the reduction tree.
  uint32_t barrier_group_size() const { return software ? 32 : group_size(); }
};

}  // namespace asg::vulkan
