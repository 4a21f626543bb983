#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types is_finite_infer(const Signature& call) { return {{boolean, rules::floats(call)[0].shape}}; }

std::vector<Sample> is_finite_samples() {
  const double nan = std::nan("");
  return {kink({Array({5}, {0.0, 1e308, HUGE_VAL, -HUGE_VAL, nan})},
               Array({5}, {true, true, false, false, false})),
          kink({Array(2.0)}, Array(true))};
}

}  // namespace

Tensor is_finite(const Operand& x) { return float_elementwise("is_finite", {x}); }

namespace ops {
std::vector<OpDef> is_finite() {
  return {{
      .name = "is_finite",
      .summary = "False where x is infinite or NaN.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "bool"}},
      .infer = is_finite_infer,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_IS_FINITE},
      .source = "https://openxla.org/stablehlo/spec#is_finite",
      .samples = is_finite_samples,
  }};
}
}  // namespace ops

}  // namespace asg
