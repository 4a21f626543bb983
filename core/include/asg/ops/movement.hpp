// Functions that move elements without changing them.
//
// Types    any.
// Errors   ShapeError, naming the caller's line.
// Memory   a backend sees most of these as another way to look at the same memory.
#pragma once
#include <string_view>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

/// The same elements in row-major order under another shape; one size may be -1.
/// Errors   ShapeError when the numbers of elements differ.
[[nodiscard]] Tensor reshape(const Operand& x, const Shape& shape);
/// Joins the axes from start to end, both included, into one; a scalar gets one.
[[nodiscard]] Tensor flatten(const Operand& x, Axis start = 0, Axis end = -1);
/// Axis i of the result is axis axes[i] of x.
[[nodiscard]] Tensor permute(const Operand& x, const Axes& axes);
/// Swaps two axes.
[[nodiscard]] Tensor transpose(const Operand& x, Axis axis_a = -2, Axis axis_b = -1);
/// Repeats along axes of size 1 and new leading axes (PyTorch's expand). A tensor of that shape
/// already is returned as it is.
[[nodiscard]] Tensor broadcast_to(const Operand& x, const Shape& shape);
/// The same, where -1 keeps the size that x has.
[[nodiscard]] Tensor expand(const Operand& x, const std::vector<std::int64_t>& sizes);
/// Moves axes to other places; those not named keep their order.
[[nodiscard]] Tensor movedim(const Operand& x, const Axes& source, const Axes& destination);
/// Cuts one axis into several; one size may be -1.
[[nodiscard]] Tensor unflatten(const Operand& x, Axis axis, const Shape& sizes);
/// Removes axes of size 1; all of them when none is given. (PyTorch passes over an axis of another
/// size in silence; here it is a ShapeError.)
[[nodiscard]] Tensor squeeze(const Operand& x, const Axes& axes = {});
/// Inserts an axis of size 1, which becomes axis `axis` of the result.
[[nodiscard]] Tensor unsqueeze(const Operand& x, Axis axis);
/// Elements start, start + step, ... below end of one axis; negative start and end count from the
/// axis' end, and both are clipped to it, as Python does.
/// Errors   ShapeError when step is below 1.
[[nodiscard]] Tensor slice(const Operand& x, Axis axis, std::int64_t start, std::int64_t end,
                           std::int64_t step = 1);
/// One position of an axis, which disappears; -1 is the last.
[[nodiscard]] Tensor select(const Operand& x, Axis axis, std::int64_t index);
/// Equal parts of an axis.
/// Errors   ShapeError when the axis is not divisible (PyTorch makes the last part smaller; `split`
///          does so here).
[[nodiscard]] std::vector<Tensor> chunk(const Operand& x, int parts, Axis axis);
/// Parts of `size` elements of an axis, the last one of what is left; or parts of the given sizes,
/// whose sum is that of the axis.
[[nodiscard]] std::vector<Tensor> split(const Operand& x, std::int64_t size, Axis axis = 0);
[[nodiscard]] std::vector<Tensor> split(const Operand& x, const std::vector<std::int64_t>& sizes,
                                        Axis axis = 0);
/// The tensors at all positions of an axis, without it: what `stack` joined.
[[nodiscard]] std::vector<Tensor> unbind(const Operand& x, Axis axis = 0);
/// `low[i]` elements of `value` before and `high[i]` behind axis i; one entry for each axis:
/// `pad(x, {0, 1}, {2, 3})`.
[[nodiscard]] Tensor pad(const Operand& x, const std::vector<std::int64_t>& low,
                         const std::vector<std::int64_t>& high, double value = 0);
/// Joins tensors along an axis (PyTorch's cat). Types are promoted.
[[nodiscard]] Tensor concat(const std::vector<Tensor>& tensors, Axis axis, Where where = {});
/// Joins tensors of one shape along a new axis.
[[nodiscard]] Tensor stack(const std::vector<Tensor>& tensors, Axis axis, Where where = {});
/// Reverses axes; all of them when none is given.
[[nodiscard]] Tensor flip(const Operand& x, const Axes& axes);

/// Moves elements along axes; what leaves at the end comes back at the start. Without axes x is
/// rolled as one row and keeps its shape.
[[nodiscard]] Tensor roll(const Operand& x, std::int64_t shift);
[[nodiscard]] Tensor roll(const Operand& x, const std::vector<std::int64_t>& shifts,
                          const Axes& axes);
/// The whole of x so many times along each axis. `repeat` needs one number for each, and more of
/// them make leading axes; `tile` takes 1 for leading axes that have none (NumPy's tile).
[[nodiscard]] Tensor repeat(const Operand& x, const std::vector<std::int64_t>& times);
[[nodiscard]] Tensor tile(const Operand& x, const std::vector<std::int64_t>& times);
/// Each element of an axis so many times, one after the other: one number for all, or one for each.
[[nodiscard]] Tensor repeat_interleave(const Operand& x, std::int64_t times, Axis axis);
[[nodiscard]] Tensor repeat_interleave(const Operand& x, const std::vector<std::int64_t>& times,
                                       Axis axis);
/// Coordinates of a grid: tensor k varies along axis k alone. Indexing "xy" swaps the first two
/// axes of the results.
/// Shapes   scalars and vectors of N0, N1, ... elements -> each [N0, N1, ...].
[[nodiscard]] std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors,
                                           std::string_view indexing = "ij", Where where = {});

/// Where a window slides: one entry for each of the trailing axes it covers. All but the size may
/// stay empty: then they are 1, and the paddings 0.
struct Window {
  std::vector<std::int64_t> size;
  std::vector<std::int64_t> stride = {};
  std::vector<std::int64_t> dilation = {};
  std::vector<std::int64_t> pad_low = {};   ///< elements of padding before the axis
  std::vector<std::int64_t> pad_high = {};  ///< and behind it
};

/// All positions of a window over the trailing axes (im2col without the copy).
/// Shapes   [..., S1..Sn] -> [..., O1..On, K1..Kn], O = (S + pads - dilation*(K-1) - 1) / stride + 1.
/// Errors   ShapeError when the window does not fit in.
[[nodiscard]] Tensor unfold(const Operand& x, const Window& window, double pad_value = 0);
/// The adjoint of unfold: adds every window back to where it came from.
/// Shapes   [..., O1..On, K1..Kn] -> [..., S1..Sn], the given sizes, over which the window must have
///          the positions O.
/// Types    numbers.
[[nodiscard]] Tensor fold(const Operand& x, const Window& window, const Shape& sizes);

}  // namespace asg
