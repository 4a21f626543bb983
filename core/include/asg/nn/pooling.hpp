// Pooling as modules.
#pragma once
#include <asg/nn/module.hpp>
#include <asg/ops/pooling.hpp>

namespace asg::nn {

/// The largest element of each window: see asg::max_pool2d.
/// Shapes   x [..., H, W] -> [..., OH, OW].
class MaxPool2d : public Module {
 public:
  explicit MaxPool2d(Pair kernel, MaxPool2dOptions options = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  Pair kernel_;
  MaxPool2dOptions options_;
};

/// The mean of each window: see asg::avg_pool2d.
/// Shapes   x [..., H, W] -> [..., OH, OW].
class AvgPool2d : public Module {
 public:
  explicit AvgPool2d(Pair kernel, AvgPool2dOptions options = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  Pair kernel_;
  AvgPool2dOptions options_;
};

/// The means of windows that divide each axis evenly: see asg::adaptive_avg_pool2d.
/// Shapes   x [..., H, W] -> [..., output.height, output.width].
class AdaptiveAvgPool2d : public Module {
 public:
  explicit AdaptiveAvgPool2d(Pair output);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  Pair output_;
};

}  // namespace asg::nn
