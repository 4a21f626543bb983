#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types prelu_infer(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  const Shape& x = call.shape(0);
  const Shape& weight = call.shape(1);
  call.require(weight.rank() == 1 && (weight[0] == 1 || (x.rank() >= 2 && weight[0] == x[1])),
               "weight must be [1], or one number for each channel, which is axis 1 of x");
  return {call.in(0)};
}

// What is not below 0 plays no part in the weight's gradient, be it infinite.
Tensors prelu_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) shape.push_back(i == 1 ? call.in(1).numel() : 1);
  if (x.rank() < 2) shape = Shape(Ints(static_cast<std::size_t>(x.rank()), 1));
  const Tensor positive = x > 0;
  return {where(positive, x, reshape(call.in(1), shape) * where(positive, 0, x))};
}

Array prelu_expected(const Array& x, const Array& weight) {
  Array y(f64, x.shape());
  const std::int64_t inner =
      x.shape().rank() < 2 ? 1 : x.shape().slice(2, x.shape().rank()).numel();
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double v = x.get(i);
    y.set(i, v > 0 ? v : v * weight.get(i / inner % weight.numel()));
  }
  return y;
}

std::vector<Sample> prelu_samples() {
  std::vector<Sample> cases;
  for (const Shape& shape : sample_shapes()) {
    const Array x = spread(shape, -2, 2.1, 1), one = Array({1}, {0.25});
    cases.push_back({.inputs = {x, one}, .outputs = {prelu_expected(x, one)}});
    if (shape.rank() < 2) continue;
    const Array many = spread({shape[1]}, -0.5, 0.5, 2);
    cases.push_back({.inputs = {x, many}, .outputs = {prelu_expected(x, many)}});
  }
  const double inf = INFINITY, nan = std::nan("");
  cases.push_back(kink({Array({6}, {0.0, 1e30, -1e30, inf, -inf, nan}), Array({1}, {0.5})},
                       Array({6}, {0.0, 1e30, -0.5e30, inf, -inf, nan})));
  return cases;
}

}  // namespace

Tensor prelu(const Operand& x, const Operand& weight) {
  const Call call("prelu", {x, weight});
  const Tensors both = operands::of_one_float("prelu", call, {x, weight});
  const Tensor slope = call.as_float(both[1]);
  return call.make("prelu",
                   {call.as_float(both[0]), slope.rank() == 0 ? reshape(slope, {1}) : slope});
}

namespace ops {
std::vector<OpDef> prelu() {
  return {{
      .name = "prelu",
      .summary = "x where x > 0, else weight * x.",
      .inputs = {{"x", "[N, C, ...]", "float"}, {"weight", "[1] or [C]", "as x"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = prelu_infer,
      .decompose = prelu_body,
      .source = "https://arxiv.org/abs/1502.01852",
      .samples = prelu_samples,
  }};
}
}  // namespace ops

}  // namespace asg
