// REGION: loop nests of instructions, with reductions between their phases.
#pragma once

#include <asg/sdk/host_kernel.hpp>

namespace example {

asg::sdk::Kernel region_kernel();

}  // namespace example
