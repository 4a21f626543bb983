// Functions that depend on the order of elements along an axis.
//
// Errors   ShapeError for an axis that does not exist, naming the caller's line.
#pragma once
#include <asg/graph/graph.hpp>

namespace asg {

/// Elements, and where along the axis they stood.
struct Positioned {
  Tensor values;
  Tensor positions;  ///< i64: values = take_along_dim(x, positions, axis)
};

/// Sorts along an axis. Equal elements keep their order; NaN counts as the largest.
/// Cost     the gradient is one scatter.
[[nodiscard]] Positioned sort(const Operand& x, Axis axis = -1, bool descending = false);
/// The positions alone.
[[nodiscard]] Tensor argsort(const Operand& x, Axis axis = -1, bool descending = false);
/// The k largest elements of an axis, the largest first, or the k smallest, the smallest first.
/// (They are always in order, as with PyTorch's sorted=True.)
/// Errors   ShapeError when the axis has fewer than k.
[[nodiscard]] Positioned topk(const Operand& x, std::int64_t k, Axis axis = -1,
                              bool largest = true);

/// The largest element of an axis and its position, that of the first of equals, and of the first
/// NaN if there is one (PyTorch's max along a dimension). The gradient goes to that element alone;
/// that of `max`, which is `amax`, is shared by equals.
/// Errors   ShapeError when the axis has no elements.
[[nodiscard]] Positioned max_with_positions(const Operand& x, Axis axis, bool keepdims = false);
[[nodiscard]] Positioned min_with_positions(const Operand& x, Axis axis, bool keepdims = false);
/// The element in the middle of an axis, the lower one of two; NaN when there is one.
/// Errors   ShapeError when the axis has no elements.
[[nodiscard]] Positioned median(const Operand& x, Axis axis = -1, bool keepdims = false);
/// What a share q of the elements lies below, between two elements in proportion; NaN when there is
/// one.
/// Types    float; integers become f32.
/// Errors   ShapeError when the axis has no elements, TypeError when q is not in [0, 1].
[[nodiscard]] Tensor quantile(const Operand& x, double q, Axis axis = -1, bool keepdims = false);

/// The sum of the elements up to each position; `exclusive` leaves out its own, `reverse` counts
/// from the axis' end.
[[nodiscard]] Tensor cumsum(const Operand& x, Axis axis, bool exclusive = false,
                            bool reverse = false);
/// Cost     the gradient is quadratic in the axis: it holds where elements are 0, too.
[[nodiscard]] Tensor cumprod(const Operand& x, Axis axis, bool exclusive = false,
                             bool reverse = false);
/// The largest element so far; of equal ones the latest has the gradient. Exclusive, the first is
/// -inf (the smallest integer).
[[nodiscard]] Tensor cummax(const Operand& x, Axis axis, bool exclusive = false,
                            bool reverse = false);
[[nodiscard]] Tensor cummin(const Operand& x, Axis axis, bool exclusive = false,
                            bool reverse = false);
/// The same and where it stood: the latest of equal ones, or of NaN (PyTorch's cummax and cummin).
[[nodiscard]] Positioned cummax_with_positions(const Operand& x, Axis axis);
[[nodiscard]] Positioned cummin_with_positions(const Operand& x, Axis axis);
/// log(cumsum(exp(x))) without overflow, and without loss where elements differ much.
/// Types    float; integers become f32.
/// Cost     log2(size of the axis) passes.
[[nodiscard]] Tensor logcumsumexp(const Operand& x, Axis axis);

}  // namespace asg
