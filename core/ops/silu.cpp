#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/gate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors silu_body(const OpCall& call) { return {gated(call.in(0), 0.5 * call.in(0))}; }

Tensors silu_gradient(const GradientCall& call) {
  const Tensor s = sigmoid(call.in(0));
  return {call.dy() * (s + call.out() * (1 - s))};
}

std::vector<Sample> silu_samples() {
  return joined(unary_samples({-4, 4}, [](double x) { return x / (1 + std::exp(-x)); }),
                {kink({Array({3}, {0.0, 800.0, -800.0})}, Array({3}, {0.0, 800.0, 0.0}))});
}

}  // namespace

Tensor silu(const Operand& x) { return float_elementwise("silu", {x}); }

namespace ops {
std::vector<OpDef> silu() {
  return {{
      .name = "silu",
      .summary = "x * sigmoid(x), also called swish.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = silu_gradient,
      .decompose = silu_body,
      .source = "https://arxiv.org/abs/1606.08415",
      .samples = silu_samples,
  }};
}
}  // namespace ops

}  // namespace asg
