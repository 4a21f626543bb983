#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> ge_samples() {
  const double nan = std::nan("");
  return joined(
      binary_constants(
          {-2, 2}, {-3, 3}, [](double a, double b) { return a >= b ? 1.0 : 0.0; }, boolean),
      {kink({Array({5}, {1.0, 1.0, 2.0, nan, nan}), Array({5}, {1.0, 2.0, 1.0, 1.0, nan})},
            Array({5}, {true, false, true, false, false})),
       kink({Array({3}, std::vector<std::int64_t>{1, -2, INT64_MAX}),
             Array({3}, std::vector<std::int64_t>{1, 1, INT64_MIN})},
            Array({3}, {true, false, true})),
       kink({Array({2}, {true, false}), Array({2}, {true, true})}, Array({2}, {true, false}))});
}

}  // namespace

Tensor ge(const Operand& a, const Operand& b) { return elementwise("ge", {a, b}); }
Tensor operator>=(const Operand& a, const Operand& b) {
  operands::refuse_chain(">=", a, b);
  return ge(a, b);
}

namespace ops {
std::vector<OpDef> ge() {
  return {{
      .name = "ge",
      .summary = "True where a is not less than b.",
      .inputs = {{"a", "[...]", "any"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "bool"}},
      .infer = rules::comparison,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_GE},
      .source = "https://onnx.ai/onnx/operators/onnx__GreaterOrEqual.html",
      .samples = ge_samples,
  }};
}
}  // namespace ops

}  // namespace asg
