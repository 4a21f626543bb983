// Polynomials, which functions without an instruction of their own are made of.
#pragma once
#include <span>

#include <asg/graph/tensor.hpp>

namespace asg {

/// c[0] + c[1] * x + c[2] * x^2 + ..., by Horner's rule.
Tensor polynomial(const Tensor& x, std::span<const double> coefficients);

}  // namespace asg
