#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> logical_or_samples() {
  return {
      kink({Array({2, 2}, {false, false, true, true}), Array({2, 2}, {false, true, false, true})},
           Array({2, 2}, {false, true, true, true})),
      kink({Array(true), Array(false)}, Array(true))};
}

}  // namespace

Tensor logical_or(const Operand& a, const Operand& b) { return elementwise("logical_or", {a, b}); }
Tensor operator||(const Operand& a, const Operand& b) { return logical_or(a, b); }

namespace ops {
std::vector<OpDef> logical_or() {
  return {{
      .name = "logical_or",
      .summary = "True where either is.",
      .inputs = {{"a", "[...]", "bool"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::booleans,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_OR},
      .source = "https://onnx.ai/onnx/operators/onnx__Or.html",
      .samples = logical_or_samples,
  }};
}
}  // namespace ops

}  // namespace asg
