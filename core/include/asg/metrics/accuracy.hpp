// How often a classifier is right.
#pragma once
#include <asg/graph/tensor.hpp>

namespace asg::metrics {

/// The share of positions where the largest logit is that of the label; of equal logits the first
/// counts.
/// Shapes   logits [..., C], labels [...] -> [].
/// Types    labels i32 or i64; the result is f32.
/// Errors   ShapeError when the shapes do not fit; TypeError when the labels are no integers.
[[nodiscard]] Tensor accuracy(const Operand& logits, const Operand& labels);

}  // namespace asg::metrics
