#include <asg/ops/creation.hpp>

#include <cmath>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

namespace asg {
namespace {

void require_created(std::string_view function, bool holds, std::string_view rule, Graph& graph,
                     Where where) {
  if (!holds)
    throw ShapeError(
        fmt::format("{}: {}\n  at {}", function, rule, to_string(graph.origin_now(where))));
}

}  // namespace

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

// The numbers are made here, in f64, and rounded once.
Tensor arange(Graph& graph, double start, double end, double step, DType dtype, Where where) {
  const double count = std::ceil((end - start) / step);
  require_created("arange",
                  std::isfinite(start) && std::isfinite(end) && std::isfinite(step) && step != 0 &&
                      count < 0x1p62,
                  "needs finite numbers and a step that is not 0", graph, where);
  std::vector<double> values;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(count); ++i)
    values.push_back(start + step * static_cast<double>(i));
  const auto size = static_cast<std::int64_t>(values.size());
  return graph.constant(Array({size}, values).to(dtype), where);
}

// From both ends, so that the last is `end` and the middle of a symmetric range is exact.
Tensor linspace(Graph& graph, double start, double end, std::int64_t steps, DType dtype,
                Where where) {
  require_created("linspace", steps >= 0, "the number of steps must not be negative", graph, where);
  const double step = steps > 1 ? (end - start) / static_cast<double>(steps - 1) : 0;
  std::vector<double> values;
  for (std::int64_t i = 0; i < steps; ++i)
    values.push_back(i < steps / 2 || steps == 1 ? start + step * static_cast<double>(i)
                                                 : end - step * static_cast<double>(steps - 1 - i));
  return graph.constant(Array({steps}, values).to(dtype), where);
}

Tensor eye(Graph& graph, std::int64_t rows, std::int64_t columns, DType dtype, Where where) {
  require_created("eye", rows >= 0 && columns >= -1, "a size is negative", graph, where);
  const Shape shape{rows, columns == -1 ? rows : columns};
  const WhereScope scope(graph, where);
  return cast(eq(iota(graph, shape, 0, i64, where), iota(graph, shape, 1, i64, where)), dtype);
}

}  // namespace asg
