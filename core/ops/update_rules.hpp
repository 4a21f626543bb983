// What the optimizer updates share.
#pragma once
#include <asg/graph/op.hpp>

#include "ops/rules.hpp"

namespace asg::updates {

/// Operands 0 to count - 1 have one float type and shape.
void require_alike(const Signature& call, std::size_t count);
/// Operand i is a scalar: float, or for a step also i64.
void require_rate(const Signature& call, std::size_t i);
void require_step(const Signature& call, std::size_t i);

/// 1 - beta^step: what a running mean that began with 0 has gathered after so many steps.
[[nodiscard]] Tensor correction(const Tensor& step, double beta);

}  // namespace asg::updates
