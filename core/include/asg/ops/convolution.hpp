// Convolution.
#pragma once
#include <cstdint>

#include <asg/graph/tensor.hpp>

namespace asg {

/// A height and a width; one number stands for both.
struct Pair {
  std::int64_t height = 0;
  std::int64_t width = 0;
  template <Whole T>
  constexpr Pair(T both) : height(both), width(both) {}  // NOLINT: implicit, as in k = 3
  constexpr Pair(std::int64_t h, std::int64_t w) : height(h), width(w) {}
};

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;  ///< zeros on both sides of each axis
  Pair dilation = 1;
  std::int64_t groups = 1;  ///< parts of the channels that do not see each other
};

/// Slides a kernel over images (cross-correlation, as every framework has it).
/// Shapes   x [N, C, H, W], weight [O, C / groups, KH, KW], bias [O] -> [N, O, OH, OW], with
///          OH = (H + 2 * padding - dilation * (KH - 1) - 1) / stride + 1, rounded down.
/// Types    one float type.
/// Errors   ShapeError when groups do not divide the channels or the kernel does not fit.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
[[nodiscard]] Tensor conv2d(const Operand& x, const Operand& weight,
                            const Conv2dOptions& options = {});
[[nodiscard]] Tensor conv2d(const Operand& x, const Operand& weight, const Operand& bias,
                            const Conv2dOptions& options = {});

}  // namespace asg
