// Pooling over windows of the last two axes.
//
// Shapes   x [..., H, W] -> [..., OH, OW], with
//          OH = (H + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1, rounded down.
// Types    float.
// Errors   ShapeError when the window does not fit, or half of it is less than the padding.
#pragma once
#include <optional>

#include <asg/ops/convolution.hpp>

namespace asg {

struct MaxPool2dOptions {
  std::optional<Pair> stride = {};  ///< that of the kernel when not given
  Pair padding = 0;                 ///< never the largest
  Pair dilation = 1;
};

/// The largest element of each window; of equal ones the first has the gradient.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
[[nodiscard]] Tensor max_pool2d(const Operand& x, Pair kernel,
                                const MaxPool2dOptions& options = {});

struct AvgPool2dOptions {
  std::optional<Pair> stride = {};  ///< that of the kernel when not given
  Pair padding = 0;
  bool count_include_pad = true;  ///< divide by the kernel's size, not by the elements inside x
};

/// The mean of each window.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
[[nodiscard]] Tensor avg_pool2d(const Operand& x, Pair kernel,
                                const AvgPool2dOptions& options = {});

/// The means of windows that divide each axis as evenly as can be: window i of n covers
/// [floor(i * H / n), ceil((i + 1) * H / n)).
/// Shapes   x [..., H, W] -> [..., output.height, output.width], larger than x or smaller.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
[[nodiscard]] Tensor adaptive_avg_pool2d(const Operand& x, Pair output);

}  // namespace asg
