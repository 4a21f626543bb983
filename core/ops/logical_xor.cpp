#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> logical_xor_samples() {
  return {
      kink({Array({2, 2}, {false, false, true, true}), Array({2, 2}, {false, true, false, true})},
           Array({2, 2}, {false, true, true, false})),
      kink({Array(true), Array(false)}, Array(true))};
}

}  // namespace

Tensor logical_xor(const Operand& a, const Operand& b) {
  return elementwise("logical_xor", {a, b});
}

namespace ops {
std::vector<OpDef> logical_xor() {
  return {{
      .name = "logical_xor",
      .summary = "True where exactly one is.",
      .inputs = {{"a", "[...]", "bool"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::booleans,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_XOR},
      .source = "https://onnx.ai/onnx/operators/onnx__Xor.html",
      .samples = logical_xor_samples,
  }};
}
}  // namespace ops

}  // namespace asg
