// x times the logistic function of another value: what silu and gelu with tanh are.
#pragma once
#include <asg/graph/tensor.hpp>

namespace asg {

/// x * sigmoid(2 * half), for halves with the sign of x. exp(-|half|) is multiplied in twice: the
/// square of it may be too small for x's type where the result is not.
Tensor gated(const Tensor& x, const Tensor& half);

}  // namespace asg
