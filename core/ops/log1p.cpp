#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include <asg/sdk/backend.h>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// u = 1 + x is rounded; log(u) / (u - 1) hardly changes over that distance, so its product with x
// is right. Where nothing was lost (infinity among others) log(u) itself is.
// Source  Kahan's method; Higham, Accuracy and Stability of Numerical Algorithms, 2002, 1.14.1
Tensors log1p_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor u = x + 1;
  const Tensor moved = u - 1;
  const Tensor log_u = log(u);
  const Tensor corrected = log_u * (x / where(eq(moved, 0), 1, moved));
  return {where(eq(moved, x), log_u, where(eq(moved, 0), x, corrected))};
}

Tensors log1p_gradient(const GradientCall& call) { return {call.dy() / (call.in(0) + 1)}; }

std::vector<Sample> log1p_samples() {
  const Array small = spread({16}, -1e-9, 1e-9, 1);
  const double inf = INFINITY;
  return joined(unary_samples({-0.9, 4}, [](double x) { return std::log1p(x); }),
                {kink({small}, mapped(small, [](double x) { return std::log1p(x); })),
                 kink({Array({5}, {0.0, inf, -1.0, 1e-300, 1e300})},
                      Array({5}, {0.0, inf, -inf, 1e-300, std::log(1e300)}))});
}

}  // namespace

Tensor log1p(const Operand& x) { return float_elementwise("log1p", {x}); }

namespace ops {
std::vector<OpDef> log1p() {
  return {{
      .name = "log1p",
      .summary = "log(1 + x) without loss of digits near 0.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = log1p_gradient,
      .decompose = log1p_body,
      .lowering = {.instruction = ASG_EW_LOG1P},
      .source = "https://pytorch.org/docs/stable/special.html#torch.special.log1p",
      .samples = log1p_samples,
  }};
}
}  // namespace ops

}  // namespace asg
