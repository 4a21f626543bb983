// Conv2d: a learned filter over images.
#pragma once
#include <cstdint>
#include <optional>

#include <asg/nn/module.hpp>
#include <asg/ops/convolution.hpp>

namespace asg::nn {

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;  ///< zeros on both sides of each axis
  Pair dilation = 1;
  std::int64_t groups = 1;  ///< parts of the channels that do not see each other
  bool bias = true;
  /// Both are uniform in +-1/sqrt(in / groups * kernel elements) when not given, as in PyTorch.
  std::optional<Initializer> weight_init = {};
  std::optional<Initializer> bias_init = {};
};

/// Slides a kernel over images: see asg::conv2d.
/// Shapes   x [N, in, H, W] -> [N, out, OH, OW]; weight [out, in / groups, KH, KW], bias [out].
/// Errors   ShapeError when groups do not divide the channels, or x does not fit.
class Conv2d : public Module {
 public:
  Conv2d(std::int64_t in, std::int64_t out, Pair kernel, Conv2dOptions options = {},
         Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight;
  Parameter bias;  ///< none without bias

 private:
  asg::Conv2dOptions options_;
};

}  // namespace asg::nn
