// Which instances of a dispatch run as one: those whose values lie in the same buffers.
#pragma once

#include <cstdint>
#include <vector>

#include "api.hpp"
#include "kernel.hpp"

namespace asg::vulkan {

/// A range of one of Vulkan's buffers.
struct Range {
  vk::Buffer buffer;
  uint64_t offset = 0, size = 0;
};

struct InstanceGroup {
  std::vector<Range> places;   ///< for each place of the instances: what spans their values
  std::vector<int32_t> table;  ///< the rows of the instances
  uint32_t instances = 0;
  uint64_t groups = 0;  ///< workgroups
};

/// `slots`: where the slots of the program begin.
std::vector<InstanceGroup> group_instances(const Dispatch& dispatch,
                                           const std::vector<Range>& slots, uint64_t max_range);

}  // namespace asg::vulkan
