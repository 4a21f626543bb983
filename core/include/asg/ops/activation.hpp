// Activations, and the special functions they are made of.
//
// Shapes   the result has x's shape.
// Types    float; integers and bools become f32.
// Errors   ShapeError for an axis that does not exist, naming the caller's line.
#pragma once
#include <string_view>

#include <asg/graph/tensor.hpp>

namespace asg {

/// The error function, 2/sqrt(pi) * integral of exp(-t^2) from 0 to x: within 1e-15 of its value
/// in f64, 5e-7 in f32.
[[nodiscard]] Tensor erf(const Operand& x);
/// exp(x) - 1 without loss of digits near 0.
[[nodiscard]] Tensor expm1(const Operand& x);
/// log(1 + x) without loss of digits near 0.
[[nodiscard]] Tensor log1p(const Operand& x);

/// max(x, 0); its derivative at 0 is 0.
[[nodiscard]] Tensor relu(const Operand& x);
/// x where x > 0, else negative_slope * x.
[[nodiscard]] Tensor leaky_relu(const Operand& x, double negative_slope = 0.01);
/// x where x > 0, else alpha * (exp(x) - 1).
/// Source   https://arxiv.org/abs/1511.07289
[[nodiscard]] Tensor elu(const Operand& x, double alpha = 1.0);
/// x * Phi(x), Phi the standard normal distribution: exactly ("none"), or by its approximation
/// with tanh ("tanh"). How accurate they are stands in core/ops/gelu.cpp.
/// Errors   TypeError for another approximation.
/// Source   https://arxiv.org/abs/1606.08415
[[nodiscard]] Tensor gelu(const Operand& x, std::string_view approximate = "none");
/// x * sigmoid(x), also called swish; within 5 units in the last place wherever f32 has numbers.
[[nodiscard]] Tensor silu(const Operand& x);
/// 1 / (1 + exp(-x)); keeps its digits for large negative x.
[[nodiscard]] Tensor sigmoid(const Operand& x);
/// log(1 + exp(beta * x)) / beta. It cannot overflow, so there is no threshold to choose.
[[nodiscard]] Tensor softplus(const Operand& x, double beta = 1.0);

/// exp(x) / sum(exp(x)) along an axis, for x of any size. A row that is -inf everywhere gives NaN.
[[nodiscard]] Tensor softmax(const Operand& x, Axis axis);
/// log(softmax(x)) along an axis, for x of any size.
[[nodiscard]] Tensor log_softmax(const Operand& x, Axis axis);

}  // namespace asg
