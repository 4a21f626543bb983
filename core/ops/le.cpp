#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> le_samples() {
  const double nan = std::nan("");
  return joined(
      binary_constants(
          {-2, 2}, {-3, 3}, [](double a, double b) { return a <= b ? 1.0 : 0.0; }, boolean),
      {kink({Array({5}, {1.0, 1.0, 2.0, nan, nan}), Array({5}, {1.0, 2.0, 1.0, 1.0, nan})},
            Array({5}, {true, true, false, false, false})),
       kink({Array({3}, std::vector<std::int64_t>{1, -2, INT64_MAX}),
             Array({3}, std::vector<std::int64_t>{1, 1, INT64_MIN})},
            Array({3}, {true, true, false})),
       kink({Array({2}, {true, false}), Array({2}, {true, true})}, Array({2}, {true, true}))});
}

}  // namespace

Tensor le(const Operand& a, const Operand& b) { return elementwise("le", {a, b}); }
Tensor operator<=(const Operand& a, const Operand& b) {
  operands::refuse_chain("<=", a, b);
  return le(a, b);
}

namespace ops {
std::vector<OpDef> le() {
  return {{
      .name = "le",
      .summary = "True where a is not greater than b.",
      .inputs = {{"a", "[...]", "any"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "bool"}},
      .infer = rules::comparison,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_LE},
      .source = "https://onnx.ai/onnx/operators/onnx__LessOrEqual.html",
      .samples = le_samples,
  }};
}
}  // namespace ops

}  // namespace asg
