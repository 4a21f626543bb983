#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// The larger side times a root between 1 and sqrt(2), so no square overflows or vanishes. An
// infinite side makes an infinite result, whatever the other is (as in C and PyTorch).
Tensors hypot_body(const OpCall& call) {
  const Tensor a = abs(call.in(0));
  const Tensor b = abs(call.in(1));
  const Tensor longer = maximum(a, b);
  const Tensor ratio = minimum(a, b) / where(eq(longer, 0), 1, longer);
  const Tensor infinite = logical_or(eq(a, INFINITY), eq(b, INFINITY));
  return {where(infinite, INFINITY, longer * sqrt(square(ratio) + 1))};
}

// The sides' shares of the length; at the origin 0.
Tensors hypot_gradient(const GradientCall& call) {
  const Tensor safe = where(eq(call.out(), 0), 1, call.out());
  return {call.dy() * (call.in(0) / safe), call.dy() * (call.in(1) / safe)};
}

std::vector<Sample> hypot_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(
      binary_samples({-2, 2}, {0.5, 3}, [](double a, double b) { return std::hypot(a, b); }),
      {kink({Array({8}, {0.0, 3.0, 1e30, 3e-30, -inf, nan, nan, inf}),
             Array({8}, {0.0, -4.0, 1e30, 4e-30, 1.0, inf, 1.0, inf})},
            Array({8}, {0.0, 5.0, std::sqrt(2) * 1e30, 5e-30, inf, inf, nan, inf}))});
}

}  // namespace

Tensor hypot(const Operand& a, const Operand& b) { return float_elementwise("hypot", {a, b}); }

namespace ops {
std::vector<OpDef> hypot() {
  return {{
      .name = "hypot",
      .summary = "sqrt(a^2 + b^2), without squares that overflow.",
      .inputs = {{"a", "[...]", "float"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::floats,
      .gradient = hypot_gradient,
      .decompose = hypot_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.hypot.html",
      .samples = hypot_samples,
  }};
}
}  // namespace ops

}  // namespace asg
