// Pooling over windows of the last one, two or three axes.
//
// Shapes   x [..., L] -> [..., OL], [..., H, W] -> [..., OH, OW], [..., D, H, W] -> [..., OD, OH,
// OW],
//          OH = (H + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1, rounded down; in
//          ceil_mode up, but for a window that would begin behind x.
// Types    float.
// Errors   ShapeError when the window does not fit, or half of it is less than the padding.
#pragma once
#include <optional>

#include <asg/ops/convolution.hpp>

namespace asg {

template <class Sizes>
struct MaxPoolOptions {
  std::optional<Sizes> stride = {};  ///< that of the kernel when not given
  Sizes padding = 0;                 ///< never the largest
  Sizes dilation = 1;
  bool ceil_mode = false;  ///< a last window that reaches beyond x
};
using MaxPool1dOptions = MaxPoolOptions<Single>;
using MaxPool2dOptions = MaxPoolOptions<Pair>;
using MaxPool3dOptions = MaxPoolOptions<Triple>;

/// The largest element of each window; of equal ones the first has the gradient. A NaN is the
/// largest, the last of several.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
[[nodiscard]] Tensor max_pool1d(const Operand& x, Single kernel,
                                const MaxPool1dOptions& options = {});
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
[[nodiscard]] Tensor max_pool2d(const Operand& x, Pair kernel,
                                const MaxPool2dOptions& options = {});
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html
[[nodiscard]] Tensor max_pool3d(const Operand& x, Triple kernel,
                                const MaxPool3dOptions& options = {});

struct Pooled {
  Tensor values;
  /// i64: where each stands in its signal, image (h * W + w) or volume ((d * H + h) * W + w)
  Tensor indices;
};

/// PyTorch's return_indices.
[[nodiscard]] Pooled max_pool1d_with_indices(const Operand& x, Single kernel,
                                             const MaxPool1dOptions& options = {});
[[nodiscard]] Pooled max_pool2d_with_indices(const Operand& x, Pair kernel,
                                             const MaxPool2dOptions& options = {});
[[nodiscard]] Pooled max_pool3d_with_indices(const Operand& x, Triple kernel,
                                             const MaxPool3dOptions& options = {});

template <class Sizes>
struct MaxUnpoolOptions {
  std::optional<Sizes> stride = {};  ///< that of the kernel when not given
  Sizes padding = 0;
  std::optional<Sizes> output_size = {};  ///< (OH - 1) * stride - 2 * padding + kernel if not given
};
using MaxUnpool1dOptions = MaxUnpoolOptions<Single>;
using MaxUnpool2dOptions = MaxUnpoolOptions<Pair>;
using MaxUnpool3dOptions = MaxUnpoolOptions<Triple>;

/// Puts elements back to where max pooling took them from, among zeros. Of several that go to one
/// place the last in row-major order stays, and it alone has a gradient (PyTorch does not say which
/// stays, and gives all of them a gradient).
/// Shapes   x and indices [..., OH, OW] -> [..., H, W], and so along one axis or three.
/// Types    x any, indices i64 or i32.
/// Errors   ShapeError when indices and x differ in shape; an index outside of the result is a
///          DeviceError when the program runs.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool2d.html
[[nodiscard]] Tensor max_unpool1d(const Operand& x, const Operand& indices, Single kernel,
                                  const MaxUnpool1dOptions& options = {});
[[nodiscard]] Tensor max_unpool2d(const Operand& x, const Operand& indices, Pair kernel,
                                  const MaxUnpool2dOptions& options = {});
[[nodiscard]] Tensor max_unpool3d(const Operand& x, const Operand& indices, Triple kernel,
                                  const MaxUnpool3dOptions& options = {});

template <class Sizes>
struct AvgPoolOptions {
  std::optional<Sizes> stride = {};  ///< that of the kernel when not given
  Sizes padding = 0;
  bool ceil_mode = false;             ///< a last window that reaches beyond x
  bool count_include_pad = true;      ///< divide by the window's size, not by the elements inside x
  std::int64_t divisor_override = 0;  ///< divide by this number, unless it is 0
};
using AvgPool1dOptions = AvgPoolOptions<Single>;
using AvgPool2dOptions = AvgPoolOptions<Pair>;
using AvgPool3dOptions = AvgPoolOptions<Triple>;

/// The mean of each window. What ceil_mode adds beyond the padding does not count.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
[[nodiscard]] Tensor avg_pool1d(const Operand& x, Single kernel,
                                const AvgPool1dOptions& options = {});
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
[[nodiscard]] Tensor avg_pool2d(const Operand& x, Pair kernel,
                                const AvgPool2dOptions& options = {});
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool3d.html
[[nodiscard]] Tensor avg_pool3d(const Operand& x, Triple kernel,
                                const AvgPool3dOptions& options = {});

template <class Sizes>
struct LPPoolOptions {
  std::optional<Sizes> stride = {};  ///< that of the kernel when not given
  bool ceil_mode = false;
};
using LPPool1dOptions = LPPoolOptions<Single>;
using LPPool2dOptions = LPPoolOptions<Pair>;

/// The sum of x to the power p over each window, to the power 1 / p; its gradient is 0 where the
/// sum is. In ceil_mode a window that reaches beyond x counts as if the rest of it were like what
/// it sees, as in PyTorch. Source
/// https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool2d.html
[[nodiscard]] Tensor lp_pool1d(const Operand& x, double p, Single kernel,
                               const LPPool1dOptions& options = {});
[[nodiscard]] Tensor lp_pool2d(const Operand& x, double p, Pair kernel,
                               const LPPool2dOptions& options = {});

/// The means of windows that divide each axis as evenly as can be: window i of n covers
/// [floor(i * H / n), ceil((i + 1) * H / n)). To a size of 1 this is global pooling.
/// Shapes   x [..., H, W] -> [..., output.height, output.width], larger than x or smaller; along
///          one axis or three likewise.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
[[nodiscard]] Tensor adaptive_avg_pool1d(const Operand& x, Single output);
[[nodiscard]] Tensor adaptive_avg_pool2d(const Operand& x, Pair output);
[[nodiscard]] Tensor adaptive_avg_pool3d(const Operand& x, Triple output);
/// The largest elements of the same windows; of equal ones the first has the gradient, of NaN the
/// last.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
[[nodiscard]] Tensor adaptive_max_pool1d(const Operand& x, Single output);
[[nodiscard]] Tensor adaptive_max_pool2d(const Operand& x, Pair output);
[[nodiscard]] Tensor adaptive_max_pool3d(const Operand& x, Triple output);
[[nodiscard]] Pooled adaptive_max_pool1d_with_indices(const Operand& x, Single output);
[[nodiscard]] Pooled adaptive_max_pool2d_with_indices(const Operand& x, Pair output);
[[nodiscard]] Pooled adaptive_max_pool3d_with_indices(const Operand& x, Triple output);

}  // namespace asg
