// Other sizes for images and signals, and other shapes, as modules.
#pragma once
#include <cstdint>

#include <asg/nn/module.hpp>
#include <asg/ops/resize.hpp>

namespace asg::nn {

/// Resamples the axes behind the first two: see asg::interpolate.
/// Shapes   x [N, C, S1..Sn] -> [N, C, O1..On].
class Upsample : public Module {
 public:
  explicit Upsample(InterpolateOptions options);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  InterpolateOptions options_;
};

/// Moves groups of factor^2 channels into squares of positions: see asg::pixel_shuffle.
/// Shapes   x [..., C * factor^2, H, W] -> [..., C, H * factor, W * factor].
class PixelShuffle : public Module {
 public:
  explicit PixelShuffle(std::int64_t factor);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::int64_t factor_;
};

/// The inverse of PixelShuffle.
class PixelUnshuffle : public Module {
 public:
  explicit PixelUnshuffle(std::int64_t factor);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::int64_t factor_;
};

/// Cuts one axis into several; one size may be -1: the inverse of Flatten.
class Unflatten : public Module {
 public:
  Unflatten(Axis axis, const Shape& sizes);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  int axis_;
  Shape sizes_;
};

}  // namespace asg::nn
