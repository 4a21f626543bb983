#include <cmath>
#include <numbers>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// exp(x * log(2)) would multiply the rounding of its argument by x.
Tensors exp2_body(const OpCall& call) { return {pow(2, call.in(0))}; }

Tensors exp2_gradient(const GradientCall& call) {
  return {call.dy() * call.out() * std::numbers::ln2};
}

std::vector<Sample> exp2_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(unary_samples({-4, 4}, [](double x) { return std::exp2(x); }),
                {kink({Array({8}, {0.0, 10.0, -3.0, 1e30, -1e30, inf, -inf, nan})},
                      Array({8}, {1.0, 1024.0, 0.125, inf, 0.0, inf, 0.0, nan}))});
}

}  // namespace

Tensor exp2(const Operand& x) { return float_elementwise("exp2", {x}); }

namespace ops {
std::vector<OpDef> exp2() {
  return {{
      .name = "exp2",
      .summary = "2 to the power x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = exp2_gradient,
      .decompose = exp2_body,
      .source = "https://pytorch.org/docs/stable/special.html#torch.special.exp2",
      .samples = exp2_samples,
  }};
}
}  // namespace ops

}  // namespace asg
