#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// tanh(log(1 + exp(x))) is n / (n + 2) with n = e * (e + 2), e = exp(x). Of x > 0 both sides are
// divided by e^2, so that nothing overflows.
Tensors mish_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor e = exp(-abs(x));
  const Tensor below = x < 0;
  const Tensor n = where(below, e * (e + 2), 2 * e + 1);
  return {x * (n / (n + 2 * where(below, 1, square(e))))};
}

// Written with functions that are smooth at 0, which |x| is not.
Tensors mish_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Tensor t = tanh(softplus(x));
  return {call.dy() * (t + x * sigmoid(x) * (1 - square(t)))};
}

std::vector<Sample> mish_samples() {
  const auto of = [](double x) { return x * std::tanh(std::log1p(std::exp(x))); };
  const Array wide = spread({32}, -30, 30, 1);
  const double inf = INFINITY;
  return joined(unary_samples({-4, 4}, of), {kink({wide}, mapped(wide, of)),
                                             {.inputs = {Array(0.0)}, .outputs = {Array(0.0)}},
                                             kink({Array({4}, {800.0, -800.0, 1e30, inf})},
                                                  Array({4}, {800.0, 0.0, 1e30, inf}))});
}

}  // namespace

Tensor mish(const Operand& x) { return float_elementwise("mish", {x}); }

namespace ops {
std::vector<OpDef> mish() {
  return {{
      .name = "mish",
      .summary = "x * tanh(softplus(x)).",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = mish_gradient,
      .decompose = mish_body,
      .source = "https://arxiv.org/abs/1908.08681",
      .samples = mish_samples,
  }};
}
}  // namespace ops

}  // namespace asg
