#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// log of x / (1 - x) or of its inverse, whichever is above 1: log1p of (1 - 2x) / x, or of
// (2x - 1) / (1 - x), has its digits near 1/2 as well, where the result is small.
Tensors logit_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor low = x < 0.5;
  const Tensor y = log1p(abs(2 * x - 1) / where(low, x, 1 - x));
  return {where(low, -y, y)};
}

Tensors logit_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  return {call.dy() / (x * (1 - x))};
}

std::vector<Sample> logit_samples() {
  const double inf = INFINITY, nan = std::nan("");
  const Array half = spread({16}, 0.5 - 1e-9, 0.5 + 1e-9);
  Sample near = kink({half}, mapped(half, [](double x) { return 2 * std::atanh(2 * x - 1); }));
  return joined(
      unary_samples({0.1, 0.9}, [](double x) { return std::log(x / (1 - x)); }),
      {near, kink({Array({9}, {0.0, 1.0, 0.5, 1e-30, -0.5, 1.5, 1e30, -1e30, nan})},
                  Array({9}, {-inf, inf, 0.0, std::log(1e-30), nan, nan, nan, nan, nan}))});
}

}  // namespace

Tensor logit(const Operand& x, std::optional<double> eps) {
  if (!eps) return float_elementwise("logit", {x});
  const Call call("logit", {x});
  return float_elementwise("logit", {clamp(call.as_float(call.tensor(x)), *eps, 1 - *eps)});
}

namespace ops {
std::vector<OpDef> logit() {
  return {{
      .name = "logit",
      .summary = "log(x / (1 - x)), the inverse of sigmoid.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = logit_gradient,
      .decompose = logit_body,
      .source = "https://pytorch.org/docs/stable/special.html#torch.special.logit",
      .samples = logit_samples,
  }};
}
}  // namespace ops

}  // namespace asg
