#include <asg/nn/resampling.hpp>

#include <utility>

#include <asg/ops/movement.hpp>

namespace asg::nn {

Upsample::Upsample(InterpolateOptions options) : options_(std::move(options)) {}
Tensor Upsample::forward(const Tensor& x) const { return interpolate(x, options_); }

PixelShuffle::PixelShuffle(std::int64_t factor) : factor_(factor) {}
Tensor PixelShuffle::forward(const Tensor& x) const { return pixel_shuffle(x, factor_); }

PixelUnshuffle::PixelUnshuffle(std::int64_t factor) : factor_(factor) {}
Tensor PixelUnshuffle::forward(const Tensor& x) const { return pixel_unshuffle(x, factor_); }

Unflatten::Unflatten(Axis axis, const Shape& sizes) : axis_(axis), sizes_(sizes) {}
Tensor Unflatten::forward(const Tensor& x) const { return unflatten(x, axis_, sizes_); }

}  // namespace asg::nn
