// Activations, and the special functions they are made of.
//
// Shapes   the result has x's shape, unless a function says otherwise.
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
/// log(1 + exp(beta * x)) / beta. It cannot overflow, so there is no threshold to choose. (PyTorch
/// takes x itself from 20 / beta on, which is off by 2.1e-9 / beta at most: nothing in f32.)
/// Errors   TypeError when beta is not above 0.
[[nodiscard]] Tensor softplus(const Operand& x, double beta = 1.0);
/// log(sigmoid(x)), for x of any size.
[[nodiscard]] Tensor logsigmoid(const Operand& x);
/// x limited to [min_val, max_val]. Its gradient at the limits is 0; clamp's is 1.
/// Errors   TypeError when min_val is not below max_val.
[[nodiscard]] Tensor hardtanh(const Operand& x, double min_val = -1.0, double max_val = 1.0);
/// x limited to [0, 6]; the gradient at the limits is 0.
[[nodiscard]] Tensor relu6(const Operand& x);
/// relu6(x + 3) / 6.
[[nodiscard]] Tensor hardsigmoid(const Operand& x);
/// x * hardsigmoid(x); the gradient is 0 at -3 and 1 at 3.
/// Source   https://arxiv.org/abs/1905.02244
[[nodiscard]] Tensor hardswish(const Operand& x);
/// scale * elu(x, alpha), with the numbers that keep mean 0 and variance 1.
/// Source   https://arxiv.org/abs/1706.02515
[[nodiscard]] Tensor selu(const Operand& x);
/// x where x > 0, else alpha * (exp(x / alpha) - 1).
/// Errors   TypeError when alpha is not above 0 (PyTorch allows negative ones).
/// Source   https://arxiv.org/abs/1704.07483
[[nodiscard]] Tensor celu(const Operand& x, double alpha = 1.0);
/// x * tanh(softplus(x)).
/// Source   https://arxiv.org/abs/1908.08681
[[nodiscard]] Tensor mish(const Operand& x);
/// x / (1 + |x|); NaN where x is infinite, as in PyTorch.
[[nodiscard]] Tensor softsign(const Operand& x);
/// x - tanh(x), without loss of digits near 0.
[[nodiscard]] Tensor tanhshrink(const Operand& x);
/// x moved toward 0 by lambd, and 0 within that distance.
/// Errors   TypeError when lambd is negative.
[[nodiscard]] Tensor softshrink(const Operand& x, double lambd = 0.5);
/// x, and 0 within lambd of 0.
[[nodiscard]] Tensor hardshrink(const Operand& x, double lambd = 0.5);
/// x where x > threshold, else value.
[[nodiscard]] Tensor threshold(const Operand& x, double threshold, double value);
/// x where x > 0, else weight * x; the gradient at 0 is the weight.
/// Shapes   x [N, C, ...], weight [C] or [1]; with fewer than two axes [1] alone.
/// Types    one float type; f32 that meets f64 is a TypeError.
/// Errors   ShapeError when the weight has another shape.
/// Source   https://arxiv.org/abs/1502.01852
[[nodiscard]] Tensor prelu(const Operand& x, const Operand& weight);
/// leaky_relu with slopes of chance: while the graph trains one for each element, spread evenly
/// over [lower, upper); otherwise their mean.
/// Errors   TypeError when upper is below lower.
/// Source   https://arxiv.org/abs/1505.00853
[[nodiscard]] Tensor rrelu(const Operand& x, double lower = 1.0 / 8, double upper = 1.0 / 3);

/// The first half of an axis times the sigmoid of the second.
/// Shapes   the axis has half the size in the result.
/// Errors   ShapeError when its size is odd.
/// Source   https://arxiv.org/abs/1612.08083
[[nodiscard]] Tensor glu(const Operand& x, Axis axis = -1);
/// x * silu(gate).
/// Shapes   both broadcast.
/// Source   https://arxiv.org/abs/2002.05202
[[nodiscard]] Tensor swiglu(const Operand& x, const Operand& gate);

/// exp(x) / sum(exp(x)) along an axis, for x of any size. A row that is -inf everywhere gives NaN.
[[nodiscard]] Tensor softmax(const Operand& x, Axis axis);
/// softmax(-x) along an axis.
[[nodiscard]] Tensor softmin(const Operand& x, Axis axis);
/// log(softmax(x)) along an axis, for x of any size.
[[nodiscard]] Tensor log_softmax(const Operand& x, Axis axis);

}  // namespace asg
