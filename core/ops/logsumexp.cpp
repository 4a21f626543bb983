#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/reduce_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types logsumexp_infer(const Signature& call) { return {reduced::float_type(call)}; }

// 0 in place of an infinite value, where a difference would be NaN.
Tensor finite_or_zero(const Tensor& x) { return where(is_finite(x), x, 0); }

Tensors logsumexp_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Axes axes(call.attributes.integers("axes"));
  if (axes.empty()) return {x};
  const Shape shape = x.shape();
  const Tensor shift = finite_or_zero(stop_gradient(max(x, axes)));
  return {log(sum(exp(x - reduced::restore(shift, shape, axes)), axes)) + shift};
}

// exp(x - y), which is softmax; 0 where all of a row is -inf. A row with inf keeps its infinite y:
// then the finite elements have 0 and inf itself NaN.
Tensors logsumexp_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Ints axes = call.attributes.integers("axes");
  const Shape shape = x.shape();
  const Tensor out = call.out();
  const Tensor y = reduced::restore(where(eq(out, -INFINITY), 0, out), shape, axes);
  return {exp(x - y) * reduced::restore(call.dy(), shape, axes)};
}

// torch.logsumexp in float64.
std::vector<Sample> logsumexp_samples() {
  const Array x({2, 3}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5});
  const double inf = INFINITY;
  Sample extreme = kink({Array({4, 2}, {1e30, 1e30, -inf, -inf, -inf, 1.0, inf, 0.0})},
                        Array({4}, {1e30, -inf, 1.0, inf}));
  extreme.attributes = {{"axes", Ints{1}}};
  Sample empty = kink({Array(f64, {2, 0})}, Array({2}, {-inf, -inf}));
  empty.attributes = {{"axes", Ints{1}}};
  return {
      {.inputs = {x},
       .attributes = {{"axes", Ints{1}}},
       .outputs = {Array({2}, {2.241311296657157, 3.9756187175203594})}},
      {.inputs = {x},
       .attributes = {{"axes", Ints{0}}},
       .outputs = {Array({3}, {3.0788897342925496, 3.511047744848594, 2.011047744848594})}},
      {.inputs = {x}, .attributes = {{"axes", Ints{0, 1}}}, .outputs = {Array(4.138181697693851)}},
      {.inputs = {Array(3.5)}, .attributes = {{"axes", Ints{}}}, .outputs = {Array(3.5)}},
      {.inputs = {spread({2, 3, 4, 1})}, .attributes = {{"axes", Ints{0, 2}}}},
      {.inputs = {spread({3, 0, 2})},
       .attributes = {{"axes", Ints{0}}},
       .outputs = {Array(f64, {0, 2})}},
      extreme,
      empty};
}

}  // namespace

Tensor logsumexp(const Operand& x, const Axes& axes, bool keepdims) {
  const Call call("logsumexp", {x});
  const Tensor t = call.as_float(call.tensor(x));
  const Ints all = call.axes(axes, t.rank());
  return reduced::keep(call.make("logsumexp", {t}, {{"axes", all}}), t, all, keepdims);
}

namespace ops {
std::vector<OpDef> logsumexp() {
  return {{
      .name = "logsumexp",
      .summary = "log(sum(exp(x))) over the axes, without overflow.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "without the axes", "as x"}},
      .attributes = {{"axes", AttributeType::integers, "the axes that disappear, sorted"}},
      .infer = logsumexp_infer,
      .gradient = logsumexp_gradient,
      .decompose = logsumexp_body,
      .source = "https://onnx.ai/onnx/operators/onnx__ReduceLogSumExp.html",
      .samples = logsumexp_samples,
  }};
}
}  // namespace ops

}  // namespace asg
