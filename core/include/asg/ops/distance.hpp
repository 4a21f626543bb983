// Lengths of vectors, and what is measured with them.
//
// Types    float; integers become f32.
// Errors   ShapeError, naming the caller's line.
#pragma once
#include <asg/graph/tensor.hpp>

namespace asg {

/// The length of the vectors along axes: sum(|x|^ord)^(1 / ord). With ord 0 it is how many elements
/// are not 0, with infinity the largest |x|, with -infinity the smallest. The gradient of a vector of
/// zeros is 0; equal largest and smallest elements share theirs. Squares may overflow.
/// Shapes   as sum's.
/// Errors   ShapeError when ord is negative or infinite and there are no elements, TypeError when it
///          is NaN.
/// Source   https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
[[nodiscard]] Tensor vector_norm(const Operand& x, double ord = 2, const Axes& axes = {},
                                 bool keepdims = false);
/// x / max(vector_norm(x, p, axis), eps)
[[nodiscard]] Tensor normalize(const Operand& x, double p = 2, Axis axis = 1, double eps = 1e-12);
/// The cosine of the angle between vectors: their product over that of their lengths, each at least
/// eps.
/// Shapes   a and b broadcast; the axis of the result disappears.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
[[nodiscard]] Tensor cosine_similarity(const Operand& a, const Operand& b, Axis axis = 1,
                                       double eps = 1e-8);
/// vector_norm(a - b + eps, p) over the last axis.
/// Shapes   a and b broadcast; the last axis disappears, or stays with size 1.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
[[nodiscard]] Tensor pairwise_distance(const Operand& a, const Operand& b, double p = 2,
                                       double eps = 1e-6, bool keepdims = false);

}  // namespace asg
