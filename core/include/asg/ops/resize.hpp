// Other sizes for the axes behind the first two, [N, C, ...].
//
// Errors   ShapeError and TypeError, naming the caller's line.
#pragma once
#include <string>
#include <vector>

#include <asg/graph/tensor.hpp>

namespace asg {

/// Either sizes or factors, one for each axis or one for all of them.
struct InterpolateOptions {
  std::vector<std::int64_t> size = {};
  std::vector<double> scale_factor = {};  ///< of in elements floor(in * factor) are made
  std::string mode = "nearest";
  /// The outermost elements keep their places, and the others are spread evenly between them.
  bool align_corners = false;
  /// Positions follow from the sizes, not from the factor as it was given.
  bool recompute_scale_factor = false;
};

/// Resamples the axes behind the first two. Mode "nearest" takes the element at floor(i * in /
/// out), "nearest-exact" the one whose cell holds the middle of the new one; "linear" (one axis),
/// "bilinear" (two) and "trilinear" (three) weigh the neighbours along each axis.
/// Shapes   [N, C, S1..Sn] -> [N, C, O1..On]; no S and no O is 0.
/// Types    the nearest: any; else float, integers become f32.
/// Cost     one pass for each axis; "nearest" with a whole factor moves nothing.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
[[nodiscard]] Tensor interpolate(const Operand& x, const InterpolateOptions& options);

/// Moves groups of factor^2 channels into squares of positions.
/// Shapes   [..., C * factor^2, H, W] -> [..., C, H * factor, W * factor].
/// Types    any.
/// Source   https://arxiv.org/abs/1609.05158
[[nodiscard]] Tensor pixel_shuffle(const Operand& x, std::int64_t factor);
/// The inverse of pixel_shuffle.
/// Shapes   [..., C, H * factor, W * factor] -> [..., C * factor^2, H, W].
[[nodiscard]] Tensor pixel_unshuffle(const Operand& x, std::int64_t factor);

}  // namespace asg
