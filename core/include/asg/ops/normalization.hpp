// Normalisations: over the trailing axes, and by channels, axis 1 of [N, C, ...].
//
// Shapes   the result has x's shape. Weight and bias, which may be empty Tensors, have the
//          normalized shape in which x's shape ends, or one value for each channel.
// Types    one float type; integers in x become f32.
// Errors   ShapeError when the shapes do not fit, TypeError when the types do not; both name the
//          caller's line.
#pragma once
#include <cstdint>
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

struct BatchNormalized {
  Tensor y;         ///< x's shape
  Tensor mean;      ///< [C]
  Tensor variance;  ///< [C], that of the whole population
};

/// (x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of each channel over
/// all other axes, as batch norm trains. A channel of equal elements gives the bias. The statistics
/// of a batch without elements are NaN.
/// Shapes   x [N, C, ...].
/// Source   https://arxiv.org/abs/1502.03167
[[nodiscard]] BatchNormalized batch_norm_training(const Operand& x, const Tensor& weight = {},
                                                  const Tensor& bias = {}, double eps = 1e-5);
/// The same with statistics that are given, [C], as batch norm predicts (PyTorch's batch_norm with
/// training=False).
[[nodiscard]] Tensor batch_norm(const Operand& x, const Tensor& running_mean,
                                const Tensor& running_var, const Tensor& weight = {},
                                const Tensor& bias = {}, double eps = 1e-5);

/// (x - mean) / sqrt(variance + eps) * weight + bias, with mean and variance of each sample over
/// groups of neighbouring channels and the axes behind them.
/// Shapes   x [N, C, ...].
/// Errors   ShapeError when the groups do not divide the channels.
/// Source   https://arxiv.org/abs/1803.08494
[[nodiscard]] Tensor group_norm(const Operand& x, std::int64_t groups, const Tensor& weight = {},
                                const Tensor& bias = {}, double eps = 1e-5);
/// The same with each channel for itself.
/// Shapes   x [N, C, L, ...], three axes at least.
/// Source   https://arxiv.org/abs/1607.08022
[[nodiscard]] Tensor instance_norm(const Operand& x, const Tensor& weight = {},
                                   const Tensor& bias = {}, double eps = 1e-5);

/// x / (k + alpha / size * sum of the squares of `size` neighbouring channels)^beta
/// Shapes   x [N, C, ...], three axes at least.
/// Errors   ShapeError when size is below 1.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.local_response_norm.html
[[nodiscard]] Tensor local_response_norm(const Operand& x, std::int64_t size, double alpha = 1e-4,
                                         double beta = 0.75, double k = 1);

}  // namespace asg
