// Tensors made from nothing. They need the graph, or a tensor whose graph and type they share.
#pragma once
#include <asg/graph/graph.hpp>

namespace asg {

/// One number everywhere.
/// Memory   that of one number.
[[nodiscard]] Tensor full(Graph& graph, const Shape& shape, double value, DType dtype = f32,
                          Where where = {});
[[nodiscard]] Tensor zeros(Graph& graph, const Shape& shape, DType dtype = f32, Where where = {});
[[nodiscard]] Tensor ones(Graph& graph, const Shape& shape, DType dtype = f32, Where where = {});
/// Shape, type and graph of x.
[[nodiscard]] Tensor zeros_like(const Operand& x);
[[nodiscard]] Tensor ones_like(const Operand& x);
[[nodiscard]] Tensor full_like(const Operand& x, double value);
/// The position along one axis: element [..., i, ...] is i.
/// Types    any number type.
[[nodiscard]] Tensor iota(Graph& graph, const Shape& shape, Axis axis, DType dtype = i64,
                          Where where = {});
/// start, start + 1, ... below end (PyTorch's arange, ONNX's Range); empty when end <= start.
[[nodiscard]] Tensor arange(Graph& graph, std::int64_t start, std::int64_t end, DType dtype = i64,
                            Where where = {});
/// start, start + step, ... before end, for steps of any sign, but 0; empty when end lies behind.
/// Types    dtype, a number type; positions are computed in f64.
/// Errors   ShapeError when a number is not finite or the step is 0.
[[nodiscard]] Tensor arange(Graph& graph, double start, double end, double step, DType dtype,
                            Where where = {});
/// `steps` numbers, evenly from start to end, both included; one step is start.
/// Types    dtype, a number type.
[[nodiscard]] Tensor linspace(Graph& graph, double start, double end, std::int64_t steps,
                              DType dtype = f32, Where where = {});
/// 1 on the diagonal, 0 elsewhere.
/// Shapes   [rows, columns], as many columns as rows when they are not given.
[[nodiscard]] Tensor eye(Graph& graph, std::int64_t rows, std::int64_t columns = -1,
                         DType dtype = f32, Where where = {});

}  // namespace asg
