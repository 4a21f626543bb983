// Normalisations over the trailing axes.
//
// Shapes   x [..., normalized_shape] -> [..., normalized_shape]; weight and bias have the
//          normalized shape.
// Types    one float type; integers in x become f32.
// Errors   ShapeError when the shapes do not end as they should, naming the caller's line.
#pragma once
#include <optional>

#include <asg/graph/tensor.hpp>

namespace asg {

/// (x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance (that of the whole
/// population) over the trailing axes. A row of equal elements gives the bias, whatever its size.
/// Source   https://arxiv.org/abs/1607.06450
[[nodiscard]] Tensor layer_norm(const Operand& x, const Shape& normalized_shape,
                                const Tensor& weight = {}, const Tensor& bias = {},
                                double eps = 1e-5);

/// x / sqrt(mean(x^2) + eps) * weight over the trailing axes. Without eps it is the distance from
/// 1 to the next number of x's type, as in PyTorch.
/// Source   https://arxiv.org/abs/1910.07467
[[nodiscard]] Tensor rms_norm(const Operand& x, const Shape& normalized_shape,
                              const Tensor& weight = {}, std::optional<double> eps = {});

}  // namespace asg
