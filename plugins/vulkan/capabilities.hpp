// What a device accepts, put together from all kernels.
#pragma once

#include <vector>

#include "kernel.hpp"

namespace asg::vulkan {

std::vector<sdk::Capability> all_capabilities(const Traits& traits);

/// Accepts the composites that are computed as they are.
void claim(const Traits& traits, const asg_step_request& request, asg_claim_reply& reply);

/// The kernel that takes the step.
/// Errors: ASG_UNSUPPORTED naming the step's op and types.
const KernelMaker& find_kernel(const std::vector<sdk::Capability>& rows,
                               const sdk::ProgramCopy& program, const asg_step& step);

}  // namespace asg::vulkan
