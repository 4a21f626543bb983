// Functions that reduce axes.
//
// Shapes   the given axes (negative ones count from the end; none given means all) disappear, or
//          stay with size 1 when keepdims is set.
//          Of no elements they are the neutral one: 0, 1, -inf, inf, false, true.
// Errors   ShapeError for an axis that does not exist or is repeated, naming the caller's line.
#pragma once
#include <asg/graph/graph.hpp>

namespace asg {

/// Types    as x; bool is counted as i64.
[[nodiscard]] Tensor sum(const Operand& x, const Axes& axes = {}, bool keepdims = false);
/// The gradient is exact where elements are 0.
/// Types    as x; bool is counted as i64.
[[nodiscard]] Tensor prod(const Operand& x, const Axes& axes = {}, bool keepdims = false);
/// The largest element (PyTorch's amax); its gradient is shared equally by equal elements.
[[nodiscard]] Tensor max(const Operand& x, const Axes& axes = {}, bool keepdims = false);
[[nodiscard]] Tensor min(const Operand& x, const Axes& axes = {}, bool keepdims = false);
/// max and min under the names that PyTorch gives them. With positions: `max_with_positions`.
[[nodiscard]] Tensor amax(const Operand& x, const Axes& axes = {}, bool keepdims = false);
[[nodiscard]] Tensor amin(const Operand& x, const Axes& axes = {}, bool keepdims = false);
/// How many elements are not 0; NaN counts.
/// Types    any, the result i64.
[[nodiscard]] Tensor count_nonzero(const Operand& x, const Axes& axes = {}, bool keepdims = false);
/// Types    bool; of other types whether elements are not 0.
[[nodiscard]] Tensor any(const Operand& x, const Axes& axes = {}, bool keepdims = false);
[[nodiscard]] Tensor all(const Operand& x, const Axes& axes = {}, bool keepdims = false);
/// Types    float; integers become f32.
[[nodiscard]] Tensor mean(const Operand& x, const Axes& axes = {}, bool keepdims = false);
/// Mean squared distance from the mean; `correction` is subtracted from the number of elements
/// (1 gives the unbiased estimate, PyTorch's default; 0 is what normalisations use). Its accuracy is
/// relative to how far the elements spread, wherever they lie.
[[nodiscard]] Tensor var(const Operand& x, const Axes& axes = {}, int correction = 1,
                         bool keepdims = false);
/// A bool behind the axes would be read as the correction: give both, `var(x, 0, 1, true)`.
Tensor var(const Operand& x, const Axes& axes, bool keepdims, bool = false) = delete;
/// The square root of var (PyTorch's std, a name that C++ has taken). Its gradient is 0 where all
/// elements are equal.
[[nodiscard]] Tensor stddev(const Operand& x, const Axes& axes = {}, int correction = 1,
                            bool keepdims = false);
Tensor stddev(const Operand& x, const Axes& axes, bool keepdims, bool = false) = delete;
struct VarMean {
  Tensor var, mean;
};
/// var and mean.
[[nodiscard]] VarMean var_mean(const Operand& x, const Axes& axes = {}, int correction = 1,
                               bool keepdims = false);
VarMean var_mean(const Operand& x, const Axes& axes, bool keepdims, bool = false) = delete;
/// log(sum(exp(x))) without overflow.
[[nodiscard]] Tensor logsumexp(const Operand& x, const Axes& axes, bool keepdims = false);
/// Position of the largest element along one axis: the first of equals, the first NaN if any.
/// Types    x number, the result i64.
/// Errors   ShapeError when the axis has no elements.
[[nodiscard]] Tensor argmax(const Operand& x, Axis axis, bool keepdims = false);
[[nodiscard]] Tensor argmin(const Operand& x, Axis axis, bool keepdims = false);

}  // namespace asg
