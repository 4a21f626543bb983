#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/reduce_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types mean_infer(const Signature& call) { return {reduced::float_type(call)}; }

// A division, so that the mean of nothing is 0 / 0.
Tensors mean_body(const OpCall& call) {
  const Axes axes(call.attributes.integers("axes"));
  const double count = reduced::count(call.in(0).shape(), axes);
  return {axes.empty() ? call.in(0) : sum(call.in(0), axes) / count};
}

std::vector<Sample> mean_samples() {
  const Array x({2, 3}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5});
  const double nan = std::nan("");
  Sample empty = kink({Array(f64, {2, 0})}, Array({2}, {nan, nan}));
  empty.attributes = {{"axes", Ints{1}}};
  return {
      {.inputs = {x}, .attributes = {{"axes", Ints{1}}}, .outputs = {Array({2}, {0.5, 4.0 / 3})}},
      {.inputs = {x},
       .attributes = {{"axes", Ints{0}}},
       .outputs = {Array({3}, {1.75, 1.25, -0.25})}},
      {.inputs = {x}, .attributes = {{"axes", Ints{0, 1}}}, .outputs = {Array(5.5 / 6)}},
      {.inputs = {Array(3.5)}, .attributes = {{"axes", Ints{}}}, .outputs = {Array(3.5)}},
      {.inputs = {spread({2, 3, 4, 1})}, .attributes = {{"axes", Ints{0, 2}}}},
      {.inputs = {spread({3, 0, 2})},
       .attributes = {{"axes", Ints{0}}},
       .outputs = {Array(f64, {0, 2})}},
      empty};
}

}  // namespace

Tensor mean(const Operand& x, const Axes& axes, bool keepdims) {
  const Call call("mean", {x});
  const Tensor t = call.as_float(call.tensor(x));
  const Ints all = call.axes(axes, t.rank());
  return reduced::keep(call.make("mean", {t}, {{"axes", all}}), t, all, keepdims);
}

namespace ops {
std::vector<OpDef> mean() {
  return {{
      .name = "mean",
      .summary = "The sum over the axes, divided by the number of its terms.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "without the axes", "as x"}},
      .attributes = {{"axes", AttributeType::integers, "the axes that disappear, sorted"}},
      .infer = mean_infer,
      .decompose = mean_body,
      .source = "https://onnx.ai/onnx/operators/onnx__ReduceMean.html",
      .samples = mean_samples,
  }};
}
}  // namespace ops

}  // namespace asg
