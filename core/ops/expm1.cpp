#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include <asg/sdk/backend.h>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// exp(x) - 1 = tanh(x / 2) * (exp(x) + 1): a product, which loses no digits near 0.
Tensors expm1_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  return {tanh(0.5 * x) * (exp(x) + 1)};
}

Tensors expm1_gradient(const GradientCall& call) { return {call.dy() * (call.out() + 1)}; }

std::vector<Sample> expm1_samples() {
  const Array small = spread({16}, -1e-9, 1e-9, 1);
  const double inf = INFINITY;
  return joined(unary_samples({-4, 4}, [](double x) { return std::expm1(x); }),
                {kink({small}, mapped(small, [](double x) { return std::expm1(x); })),
                 kink({Array({4}, {0.0, inf, -inf, -800.0})}, Array({4}, {0.0, inf, -1.0, -1.0}))});
}

}  // namespace

Tensor expm1(const Operand& x) { return float_elementwise("expm1", {x}); }

namespace ops {
std::vector<OpDef> expm1() {
  return {{
      .name = "expm1",
      .summary = "exp(x) - 1 without loss of digits near 0.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = expm1_gradient,
      .decompose = expm1_body,
      .lowering = {.instruction = ASG_EW_EXPM1},
      .source = "https://pytorch.org/docs/stable/special.html#torch.special.expm1",
      .samples = expm1_samples,
  }};
}
}  // namespace ops

}  // namespace asg
