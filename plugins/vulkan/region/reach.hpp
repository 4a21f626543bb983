// Whether the accesses of a region stay inside the values they touch.
#pragma once

#include "kernel.hpp"

namespace asg::vulkan {

/// Errors: ASG_INVALID_ARGUMENT when an access without bounds leaves the extent of its value.
/// What bounds keep inside is not looked at: the ranges of the descriptors hold it.
void check_reach(const StepContext& context, const asg_region& region);

}  // namespace asg::vulkan
