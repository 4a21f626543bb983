#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types where_infer(const Signature& call) {
  call.require_type(call.dtype(0) == boolean, "the condition must be bool; compare with 0 first");
  call.require_type(call.dtype(1) == call.dtype(2), "a and b must have one element type");
  call.require(call.shape(0) == call.shape(1) && call.shape(1) == call.shape(2),
               "the condition, a and b must have one shape");
  return {call.in(1)};
}

Tensors where_gradient(const GradientCall& call) {
  const Tensor zero = zeros_like(call.dy());
  return {Tensor{}, where(call.in(0), call.dy(), zero), where(call.in(0), zero, call.dy())};
}

std::vector<Sample> where_samples() {
  std::vector<Sample> where_samples;
  for (const Shape& shape : sample_shapes()) {
    const Array a = spread(shape, -2, 2, 1);
    const Array b = spread(shape, -2, 2, 2);
    const Array condition = mapped(
        spread(shape), [](double x) { return x < 0 ? 1.0 : 0.0; }, boolean);
    Array y(f64, shape);
    for (std::int64_t i = 0; i < y.numel(); ++i)
      y.set(i, condition.get(i) != 0 ? a.get(i) : b.get(i));
    where_samples.push_back({.inputs = {condition, a, b}, .outputs = {y}});
  }
  const double nan = std::nan("");
  // What is not chosen plays no part, not even NaN.
  where_samples.push_back(
      kink({Array({2}, {true, false}), Array({2}, {1.0, nan}), Array({2}, {nan, 2.0})},
           Array({2}, {1.0, 2.0})));
  return where_samples;
}

}  // namespace

Tensor where(const Operand& condition, const Operand& a, const Operand& b) {
  const Call call("where", {condition, a, b});
  const Tensors values = call.promoted({a, b});
  return call.make_all("where",
                       call.broadcast({call.tensor(condition, boolean), values[0], values[1]}))[0];
}

namespace ops {
std::vector<OpDef> where() {
  return {{
      .name = "where",
      .summary = "a where the condition holds, else b.",
      .inputs = {{"condition", "[...]", "bool"},
                 {"a", "as condition", "any"},
                 {"b", "as condition", "as a"}},
      .outputs = {{"y", "as condition", "as a"}},
      .infer = where_infer,
      .gradient = where_gradient,
      .lowering = {.instruction = ASG_EW_WHERE},
      .source = "https://onnx.ai/onnx/operators/onnx__Where.html",
      .samples = where_samples,
  }};
}
}  // namespace ops

}  // namespace asg
