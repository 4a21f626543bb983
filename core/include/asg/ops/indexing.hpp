// Reading and writing at computed positions.
//
// Types    indices i32 or i64.
// Errors   an index outside of the axis is a DeviceError when the program runs.
#pragma once
#include <string_view>

#include <asg/graph/tensor.hpp>

namespace asg {

/// Takes positions of one axis (ONNX Gather, PyTorch's index_select for any shape of indices).
/// Shapes   x.shape[:axis] + indices.shape[batch_dims:] + x.shape[axis+1:]; the first batch_dims
///          axes of x and indices run together.
[[nodiscard]] Tensor gather(const Operand& x, const Operand& indices, Axis axis, int batch_dims = 0);
/// One element for each index along an axis.
/// Shapes   indices has x's rank; on all axes but `axis` they broadcast against each other. The
///          result has the sizes of the indices along the axis.
[[nodiscard]] Tensor take_along_dim(const Operand& x, const Operand& indices, Axis axis);
/// PyTorch's gather, told from the one above by the place of the axis: one element for each index.
/// Shapes   index has x's rank, and on all axes but `axis` x's sizes or less: what is beyond is not
///          read. The result is shaped as it.
[[nodiscard]] Tensor gather(const Operand& x, Axis axis, const Operand& index);
/// The positions of one axis that a list names.
/// Shapes   index [N] or a scalar; the axis gets size N.
[[nodiscard]] Tensor index_select(const Operand& x, Axis axis, const Operand& index);
/// x with updates written where gather would read; mode "set", "add", "max" or "min". Of several
/// "set" at one place the last in row-major order stays, and it alone has a gradient; equal "max"
/// and "min" share theirs.
/// Shapes   updates as gather(x, indices, axis, batch_dims), or a number for all of them.
[[nodiscard]] Tensor scatter(const Operand& x, const Operand& indices, const Operand& updates,
                             Axis axis, std::string_view mode, int batch_dims = 0);
/// PyTorch's scatter, told from the one above by the place of the axis: x with the elements of src
/// where gather(x, axis, index) would read. Of several at one place the last stays.
/// Shapes   index has x's rank, and on all axes but `axis` x's sizes or less; src has index's sizes
///          or more, and what is beyond is not used. src may be a number.
[[nodiscard]] Tensor scatter(const Operand& x, Axis axis, const Operand& index, const Operand& src);
/// The same, added to what is there.
[[nodiscard]] Tensor scatter_add(const Operand& x, Axis axis, const Operand& index,
                                 const Operand& src);
/// The same, combined by "sum", "prod", "mean", "amax" or "amin": with x's own element, or where an
/// index points without it. Equal largest and smallest ones share the gradient; that of a product
/// is right where elements are 0.
/// Types    numbers; float for "mean".
/// Cost     "prod" sorts, and takes log2(size of the index along the axis) passes.
[[nodiscard]] Tensor scatter_reduce(const Operand& x, Axis axis, const Operand& index,
                                    const Operand& src, std::string_view reduce,
                                    bool include_self = true);
/// x with alpha * source added at the positions of one axis that a list names; with source put
/// there (the last of several stays); with a number put there.
/// Shapes   index [N] or a scalar; source has x's shape, but N along the axis.
[[nodiscard]] Tensor index_add(const Operand& x, Axis axis, const Operand& index,
                               const Operand& source, double alpha = 1);
[[nodiscard]] Tensor index_copy(const Operand& x, Axis axis, const Operand& index,
                                const Operand& source);
[[nodiscard]] Tensor index_fill(const Operand& x, Axis axis, const Operand& index,
                                const Operand& value);
/// The same with the reductions of scatter_reduce.
[[nodiscard]] Tensor index_reduce(const Operand& x, Axis axis, const Operand& index,
                                  const Operand& source, std::string_view reduce,
                                  bool include_self = true);
/// Rows of a table.
/// Shapes   indices [...], weight [N, D] -> [..., D].
[[nodiscard]] Tensor embedding(const Operand& indices, const Operand& weight);
/// 1 where the last axis' position equals the index, else 0.
/// Shapes   [...] -> [..., classes].
[[nodiscard]] Tensor one_hot(const Operand& indices, std::int64_t classes, DType dtype = f32);

}  // namespace asg
