// Learned filters along one, two or three axes, and their transposes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <asg/nn/module.hpp>
#include <asg/ops/convolution.hpp>

namespace asg::nn {

template <class Sizes>
struct ConvOptions {
  Sizes stride = 1;
  Padding<Sizes> padding = 0;  ///< on both sides of each axis, "valid" or "same"
  Sizes dilation = 1;
  std::int64_t groups = 1;  ///< parts of the channels that do not see each other
  bool bias = true;
  std::string padding_mode = "zeros";  ///< or "reflect", "replicate", "circular": see asg::pad
  /// Both are uniform in +-1/sqrt(in / groups * kernel elements) when not given, as in PyTorch.
  std::optional<Initializer> weight_init = {};
  std::optional<Initializer> bias_init = {};
};
using Conv1dOptions = ConvOptions<Single>;
using Conv2dOptions = ConvOptions<Pair>;
using Conv3dOptions = ConvOptions<Triple>;

/// Slides a kernel along signals, over images or through volumes: see asg::conv1d, asg::conv2d and
/// asg::conv3d.
/// Shapes   x [N, in, L], [N, in, H, W] or [N, in, D, H, W], also without N -> the same with out
///          channels; weight [out, in / groups, K...], bias [out].
/// Errors   ShapeError when groups do not divide the channels, "same" is to go with another stride
///          than 1, or x does not fit; TypeError for another padding_mode.
template <class Sizes>
class Conv : public Module {
 public:
  Conv(std::int64_t in, std::int64_t out, Sizes kernel, ConvOptions<Sizes> options = {},
       Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight;
  Parameter bias;  ///< none without bias

 private:
  asg::ConvOptions<Sizes> options_;
  std::string padding_mode_;
  std::vector<std::int64_t> low_, high_;  ///< padding of that mode, but for zeros
};
extern template class Conv<Single>;
extern template class Conv<Pair>;
extern template class Conv<Triple>;
using Conv1d = Conv<Single>;
using Conv2d = Conv<Pair>;
using Conv3d = Conv<Triple>;

template <class Sizes>
struct ConvTransposeOptions {
  Sizes stride = 1;          ///< the steps of y
  Sizes padding = 0;         ///< what is cut off y on both sides of each axis
  Sizes output_padding = 0;  ///< what is cut off less behind; below the stride or the dilation
  Sizes dilation = 1;
  std::int64_t groups = 1;  ///< parts of the channels that do not see each other
  bool bias = true;
  /// Both are uniform in +-1/sqrt(out / groups * kernel elements) when not given, as in PyTorch.
  std::optional<Initializer> weight_init = {};
  std::optional<Initializer> bias_init = {};
};
using ConvTranspose1dOptions = ConvTransposeOptions<Single>;
using ConvTranspose2dOptions = ConvTransposeOptions<Pair>;
using ConvTranspose3dOptions = ConvTransposeOptions<Triple>;

/// What leads back from the results of a convolution to its images: see asg::conv_transpose1d,
/// asg::conv_transpose2d and asg::conv_transpose3d.
/// Shapes   x [N, in, L], [N, in, H, W] or [N, in, D, H, W], also without N -> the same with out
///          channels; weight [in, out / groups, K...], bias [out].
/// Errors   ShapeError when groups do not divide the channels, or x does not fit; with an
///          output_size, when it is none that a convolution leads to x's size.
template <class Sizes>
class ConvTranspose : public Module {
 public:
  ConvTranspose(std::int64_t in, std::int64_t out, Sizes kernel,
                ConvTransposeOptions<Sizes> options = {}, Where where = {});
  using Module::operator();
  /// To images of that size, in place of what output_padding says: of the sizes that a convolution
  /// of this stride leads to one size of x, y has the smallest else.
  Tensor operator()(const Operand& x, Sizes output_size) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight;
  Parameter bias;  ///< none without bias

 private:
  [[nodiscard]] Tensor transposed(const Tensor& x,
                                  const asg::ConvTransposeOptions<Sizes>& how) const;
  asg::ConvTransposeOptions<Sizes> options_;
};
extern template class ConvTranspose<Single>;
extern template class ConvTranspose<Pair>;
extern template class ConvTranspose<Triple>;
using ConvTranspose1d = ConvTranspose<Single>;
using ConvTranspose2d = ConvTranspose<Pair>;
using ConvTranspose3d = ConvTranspose<Triple>;

}  // namespace asg::nn
