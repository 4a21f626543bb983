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
/// One element for each index along an axis (PyTorch's gather, ONNX GatherElements).
/// Shapes   indices has x's rank, and x's sizes on all axes but `axis`; the result is shaped as it.
[[nodiscard]] Tensor take_along_axis(const Operand& x, const Operand& indices, Axis axis);
/// x with updates written where gather would read; mode "set", "add", "max" or "min". Of several
/// "set" at one place the last in row-major order stays, and it alone has a gradient; equal "max"
/// and "min" share theirs.
/// Shapes   updates as gather(x, indices, axis, batch_dims), or a number for all of them.
[[nodiscard]] Tensor scatter(const Operand& x, const Operand& indices, const Operand& updates,
                             Axis axis, std::string_view mode, int batch_dims = 0);
/// Rows of a table.
/// Shapes   indices [...], weight [N, D] -> [..., D].
[[nodiscard]] Tensor embedding(const Operand& indices, const Operand& weight);
/// 1 where the last axis' position equals the index, else 0.
/// Shapes   [...] -> [..., classes].
[[nodiscard]] Tensor one_hot(const Operand& indices, std::int64_t classes, DType dtype = f32);

}  // namespace asg
