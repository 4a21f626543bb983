// Functions that depend on the order of elements along an axis.
//
// Errors   ShapeError for an axis that does not exist, naming the caller's line.
#pragma once
#include <asg/graph/graph.hpp>

namespace asg {

struct Sorted {
  Tensor values;
  Tensor positions;  ///< i64: values = take_along_axis(x, positions, axis)
};

/// Sorts along an axis. Equal elements keep their order; NaN counts as the largest.
/// Cost     the gradient is one scatter.
[[nodiscard]] Sorted sort(const Operand& x, Axis axis = -1, bool descending = false);
/// The k largest elements of an axis, the largest first (PyTorch's topk).
/// Errors   ShapeError when the axis has fewer than k.
[[nodiscard]] Sorted top_k(const Operand& x, std::int64_t k, Axis axis = -1);

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

}  // namespace asg
