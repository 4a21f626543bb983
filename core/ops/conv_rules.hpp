// What convolutions along one, two and three axes share, and their transposes. x is [N, C, S...],
// weight [O, C / groups, K...], y [N, O, P...]; stride, padding and dilation have one entry for
// each axis of the kernel.
#pragma once
#include <optional>
#include <vector>

#include <asg/graph/op.hpp>

#include "ops/window_rules.hpp"

namespace asg::conv {

void require_floats(const Signature& call);

/// The sizes of the kernel in a weight.
Ints kernel_of(const Shape& weight);

/// Checks x and weight of a convolution along so many axes against each other and the attributes;
/// returns the shape of y.
Shape result_shape(const Signature& call, const Shape& x, const Shape& weight, std::size_t axes);
/// The rule of an op with the operands x, weight and, if it is given, bias.
Types infer(const Signature& call, std::size_t axes);

std::vector<AttributeDef> attributes();

/// Sums with a bias for each channel of y.
Tensor with_bias(const Tensor& y, const Tensor& bias);

/// How large a transposed convolution makes an axis of so many elements; none where 64 bits cannot
/// count that.
struct TransposedAxis {
  std::int64_t size, kernel, stride, padding, dilation, output_padding;
};
std::optional<std::int64_t> transposed_size(const TransposedAxis& axis);

/// A convolution of volumes as one of images, whose channels are the slices under the kernel's
/// depth.
struct Slices {
  Slices(const Attributes& how, const Shape& x, const Shape& weight);
  Window along_depth;      ///< over x with its depth behind
  Attributes over_images;  ///< of the height and the width

  /// [O, C / groups, KD, KH, KW] -> [O, C / groups * KD, KH, KW]
  [[nodiscard]] Tensor as_channels(const Tensor& weight) const;
};

/// The definition with loops, for samples: y of the given shape, without a bias.
Array convolved(const Array& x, const Array& weight, const Shape& y, const Attributes& how);

/// A shape of x and of weight, and the attributes, for samples.
struct Case {
  Shape x, weight;
  Attributes how;
};
Attributes options(Ints stride, Ints padding, Ints dilation, std::int64_t groups);
/// Of a convolution: the cases with a bias, the last one also without.
std::vector<Sample> samples(const std::vector<Case>& cases);

}  // namespace asg::conv
