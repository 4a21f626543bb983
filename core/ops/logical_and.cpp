#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> logical_and_samples() {
  return {
      kink({Array({2, 2}, {false, false, true, true}), Array({2, 2}, {false, true, false, true})},
           Array({2, 2}, {false, false, false, true})),
      kink({Array(true), Array(false)}, Array(false))};
}

}  // namespace

Tensor logical_and(const Operand& a, const Operand& b) {
  return elementwise("logical_and", {a, b});
}
Tensor operator&&(const Operand& a, const Operand& b) { return logical_and(a, b); }

namespace ops {
std::vector<OpDef> logical_and() {
  return {{
      .name = "logical_and",
      .summary = "True where both are.",
      .inputs = {{"a", "[...]", "bool"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::booleans,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_AND},
      .source = "https://onnx.ai/onnx/operators/onnx__And.html",
      .samples = logical_and_samples,
  }};
}
}  // namespace ops

}  // namespace asg
