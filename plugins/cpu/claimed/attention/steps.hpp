// Attention and its gradient as kernels, with dropout of the weights and without.
#pragma once

#include "claimed/attention/operands.hpp"

namespace asg::cpu::attention {

sdk::Kernel forward_kernel(Context* context, const char* op, const Operands& operands);
sdk::Kernel backward_kernel(Context* context, const char* op, const Operands& operands);

}  // namespace asg::cpu::attention
