#include <fmt/format.h>

#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/view_forms.hpp"

namespace asg {
namespace {

Types broadcast_to_infer(const Signature& call) {
  const Shape shape = rules::shape(call);
  if (!broadcastable(call.shape(0), shape))
    call.fail(
        fmt::format("{} does not broadcast to {}: aligned at the last axis, each size must "
                    "be equal or 1",
                    to_string(call.shape(0)), to_string(shape)));
  return {{call.dtype(0), shape}};
}

// The sum over all axes along which x was repeated.
Tensors broadcast_to_gradient(const GradientCall& call) {
  const Shape from = call.in(0).shape();
  const Shape to = call.out().shape();
  const int added = to.rank() - from.rank();
  Axes repeated;
  for (int axis = 0; axis < to.rank(); ++axis)
    if (axis < added || from[axis - added] != to[axis]) repeated.push_back(axis);
  if (repeated.empty()) return {call.dy()};
  return {reshape(sum(call.dy(), repeated), from)};
}

std::optional<View> broadcast_to_view(const View& operand, const Signature& call,
                                      const TensorType& result) {
  const Shape from = call.shape(0);
  const Shape& to = result.shape;
  const int added = to.rank() - from.rank();
  return changed(operand, to, [&](std::int64_t&, Shape& coef) {
    Shape wide = to;
    for (int axis = 0; axis < to.rank(); ++axis)
      wide[axis] = axis < added || from[axis - added] != to[axis] ? 0 : coef[axis - added];
    coef = wide;
  });
}

std::vector<Sample> broadcast_to_samples() {
  const auto sample = [](const Array& x, const Shape& shape, std::vector<Array> y = {}) {
    return Sample{
        .inputs = {x}, .attributes = {{"shape", shape.to_vector()}}, .outputs = std::move(y)};
  };
  return {
      sample(Array(1.5), {2, 2}, {Array({2, 2}, {1.5, 1.5, 1.5, 1.5})}),
      sample(Array(1.5), {}, {Array(1.5)}),
      sample(Array({3}, {1.0, 2.0, 3.0}), {2, 3}, {Array({2, 3}, {1.0, 2.0, 3.0, 1.0, 2.0, 3.0})}),
      sample(Array({2, 1}, {1.0, 2.0}), {2, 3}, {Array({2, 3}, {1.0, 1.0, 1.0, 2.0, 2.0, 2.0})}),
      sample(Array({1}, {1.0}), {0}, {Array(f64, {0})}),
      sample(Array(f64, {0, 1}), {2, 0, 3}, {Array(f64, {2, 0, 3})}),
      sample(spread({2, 1, 3, 1}), {4, 2, 5, 3, 1})};
}

}  // namespace

Tensor broadcast_to(const Operand& x, const Shape& shape) {
  const Call call("broadcast_to", {x});
  if (x.tensor().shape() == shape) return x.tensor();
  return call.make("broadcast_to", {x.tensor()}, {{"shape", shape.to_vector()}});
}

namespace ops {
std::vector<OpDef> broadcast_to() {
  return {{
      .name = "broadcast_to",
      .summary = "Repeats x along axes of size 1 and along new leading axes.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "[shape]", "as x"}},
      .attributes = {{"shape", AttributeType::integers, "what x broadcasts to"}},
      .infer = broadcast_to_infer,
      .gradient = broadcast_to_gradient,
      .lowering = {.view = broadcast_to_view},
      .source = "https://onnx.ai/onnx/operators/onnx__Expand.html",
      .samples = broadcast_to_samples,
  }};
}
}  // namespace ops

}  // namespace asg
