#include <asg/ops/creation.hpp>

#include <asg/graph/build.hpp>
#include <asg/ops/movement.hpp>

namespace asg {

// One scalar, seen as the shape: no memory is filled.
Tensor full(Graph& graph, const Shape& shape, double value, DType dtype, Where where) {
  const Shape wanted = shape;  // may belong to a tensor of the graph that grows here
  const WhereScope scope(graph, where);
  return broadcast_to(graph.constant(Array::full(dtype, {}, value), where), wanted);
}

Tensor zeros(Graph& graph, const Shape& shape, DType dtype, Where where) {
  return full(graph, shape, 0, dtype, where);
}
Tensor ones(Graph& graph, const Shape& shape, DType dtype, Where where) {
  return full(graph, shape, 1, dtype, where);
}

Tensor full_like(const Operand& x, double value) {
  const Call call("full_like", {x});
  const TensorType type = x.tensor().type();
  return full(call.graph(), type.shape, value, type.dtype, call.where());
}
Tensor zeros_like(const Operand& x) { return full_like(x, 0); }
Tensor ones_like(const Operand& x) { return full_like(x, 1); }

}  // namespace asg
