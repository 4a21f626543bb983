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

}  // namespace asg
