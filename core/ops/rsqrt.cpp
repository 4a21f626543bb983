#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// -x^(-3/2) / 2, without the overflow of y * y * y.
Tensors rsqrt_gradient(const GradientCall& call) {
  return {-0.5 * call.dy() * call.out() / call.in(0)};
}

std::vector<Sample> rsqrt_samples() {
  return joined(unary_samples({0.1, 4}, [](double x) { return 1 / std::sqrt(x); }),
                {kink({Array({2}, {0.0, 4.0})}, Array({2}, {HUGE_VAL, 0.5}))});
}

}  // namespace

Tensor rsqrt(const Operand& x) { return float_elementwise("rsqrt", {x}); }

namespace ops {
std::vector<OpDef> rsqrt() {
  return {{
      .name = "rsqrt",
      .summary = "1 / sqrt(x); inf of 0, NaN below.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = rsqrt_gradient,
      .lowering = {.instruction = ASG_EW_RSQRT},
      .source = "https://openxla.org/stablehlo/spec#rsqrt",
      .samples = rsqrt_samples,
  }};
}
}  // namespace ops

}  // namespace asg
