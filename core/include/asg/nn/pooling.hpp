// Pooling along one, two or three axes as modules.
#pragma once
#include <asg/nn/module.hpp>
#include <asg/ops/pooling.hpp>

namespace asg::nn {

/// The largest element of each window: see asg::max_pool1d, asg::max_pool2d and asg::max_pool3d.
/// Shapes   x [..., L] -> [..., OL], [..., H, W] -> [..., OH, OW], [..., D, H, W] -> [..., OD, OH,
/// OW].
template <class Sizes>
class MaxPool : public Module {
 public:
  explicit MaxPool(Sizes kernel, MaxPoolOptions<Sizes> options = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
  /// PyTorch's return_indices.
  [[nodiscard]] Pooled with_indices(const Operand& x) const;

 private:
  Sizes kernel_;
  MaxPoolOptions<Sizes> options_;
};
extern template class MaxPool<Single>;
extern template class MaxPool<Pair>;
extern template class MaxPool<Triple>;
using MaxPool1d = MaxPool<Single>;
using MaxPool2d = MaxPool<Pair>;
using MaxPool3d = MaxPool<Triple>;

/// Puts elements back to where max pooling took them from, among zeros: see asg::max_unpool1d,
/// asg::max_unpool2d and asg::max_unpool3d.
template <class Sizes>
class MaxUnpool : public Module {
 public:
  explicit MaxUnpool(Sizes kernel, MaxUnpoolOptions<Sizes> options = {});
  [[nodiscard]] Tensor operator()(const Operand& x, const Operand& indices) const;

 private:
  Sizes kernel_;
  MaxUnpoolOptions<Sizes> options_;
};
extern template class MaxUnpool<Single>;
extern template class MaxUnpool<Pair>;
extern template class MaxUnpool<Triple>;
using MaxUnpool1d = MaxUnpool<Single>;
using MaxUnpool2d = MaxUnpool<Pair>;
using MaxUnpool3d = MaxUnpool<Triple>;

/// The mean of each window: see asg::avg_pool1d, asg::avg_pool2d and asg::avg_pool3d.
/// Shapes   as MaxPool's.
template <class Sizes>
class AvgPool : public Module {
 public:
  explicit AvgPool(Sizes kernel, AvgPoolOptions<Sizes> options = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  Sizes kernel_;
  AvgPoolOptions<Sizes> options_;
};
extern template class AvgPool<Single>;
extern template class AvgPool<Pair>;
extern template class AvgPool<Triple>;
using AvgPool1d = AvgPool<Single>;
using AvgPool2d = AvgPool<Pair>;
using AvgPool3d = AvgPool<Triple>;

/// Sums of powers over windows: see asg::lp_pool1d and asg::lp_pool2d.
/// Shapes   as MaxPool's.
template <class Sizes>
class LPPool : public Module {
 public:
  explicit LPPool(double p, Sizes kernel, LPPoolOptions<Sizes> options = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double p_;
  Sizes kernel_;
  LPPoolOptions<Sizes> options_;
};
extern template class LPPool<Single>;
extern template class LPPool<Pair>;
using LPPool1d = LPPool<Single>;
using LPPool2d = LPPool<Pair>;

/// The means of windows that divide each axis evenly: see asg::adaptive_avg_pool2d. To a size of 1
/// this is global pooling.
/// Shapes   x [..., L] -> [..., output], [..., H, W] -> [..., output.height, output.width], and
///          [..., D, H, W] -> [..., output.depth, output.height, output.width].
template <class Sizes>
class AdaptiveAvgPool : public Module {
 public:
  explicit AdaptiveAvgPool(Sizes output);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  Sizes output_;
};
extern template class AdaptiveAvgPool<Single>;
extern template class AdaptiveAvgPool<Pair>;
extern template class AdaptiveAvgPool<Triple>;
using AdaptiveAvgPool1d = AdaptiveAvgPool<Single>;
using AdaptiveAvgPool2d = AdaptiveAvgPool<Pair>;
using AdaptiveAvgPool3d = AdaptiveAvgPool<Triple>;

/// The largest elements of the same windows: see asg::adaptive_max_pool2d.
template <class Sizes>
class AdaptiveMaxPool : public Module {
 public:
  explicit AdaptiveMaxPool(Sizes output);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
  /// PyTorch's return_indices.
  [[nodiscard]] Pooled with_indices(const Operand& x) const;

 private:
  Sizes output_;
};
extern template class AdaptiveMaxPool<Single>;
extern template class AdaptiveMaxPool<Pair>;
extern template class AdaptiveMaxPool<Triple>;
using AdaptiveMaxPool1d = AdaptiveMaxPool<Single>;
using AdaptiveMaxPool2d = AdaptiveMaxPool<Pair>;
using AdaptiveMaxPool3d = AdaptiveMaxPool<Triple>;

}  // namespace asg::nn
