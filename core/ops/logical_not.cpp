#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> logical_not_samples() {
  return {kink({Array({2}, {true, false})}, Array({2}, {false, true})),
          kink({Array(true)}, Array(false)),
          kink({Array(boolean, {0, 2})}, Array(boolean, {0, 2}))};
}

}  // namespace

Tensor logical_not(const Operand& x) { return elementwise("logical_not", {x}); }
Tensor operator!(const Operand& x) { return logical_not(x); }

namespace ops {
std::vector<OpDef> logical_not() {
  return {{
      .name = "logical_not",
      .summary = "True where x is false.",
      .inputs = {{"x", "[...]", "bool"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::booleans,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_NOT},
      .source = "https://onnx.ai/onnx/operators/onnx__Not.html",
      .samples = logical_not_samples,
  }};
}
}  // namespace ops

}  // namespace asg
