#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> gt_samples() {
  const double nan = std::nan("");
  return joined(
      binary_constants(
          {-2, 2}, {-3, 3}, [](double a, double b) { return a > b ? 1.0 : 0.0; }, boolean),
      {kink({Array({5}, {1.0, 1.0, 2.0, nan, nan}), Array({5}, {1.0, 2.0, 1.0, 1.0, nan})},
            Array({5}, {false, false, true, false, false})),
       kink({Array({3}, std::vector<std::int64_t>{1, -2, INT64_MAX}),
             Array({3}, std::vector<std::int64_t>{1, 1, INT64_MIN})},
            Array({3}, {false, false, true})),
       kink({Array({2}, {true, false}), Array({2}, {true, true})}, Array({2}, {false, false}))});
}

}  // namespace

Tensor gt(const Operand& a, const Operand& b) { return elementwise("gt", {a, b}); }
Tensor operator>(const Operand& a, const Operand& b) {
  operands::refuse_chain(">", a, b);
  return gt(a, b);
}

namespace ops {
std::vector<OpDef> gt() {
  return {{
      .name = "gt",
      .summary = "True where a is greater than b.",
      .inputs = {{"a", "[...]", "any"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "bool"}},
      .infer = rules::comparison,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_GT},
      .source = "https://onnx.ai/onnx/operators/onnx__Greater.html",
      .samples = gt_samples,
  }};
}
}  // namespace ops

}  // namespace asg
