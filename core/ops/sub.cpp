#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors sub_gradient(const GradientCall& call) { return {call.dy(), -call.dy()}; }

std::vector<Sample> sub_samples() {
  return binary_samples({-2, 2}, {-3, 3}, [](double a, double b) { return a - b; });
}

}  // namespace

Tensor sub(const Operand& a, const Operand& b) { return elementwise("sub", {a, b}); }
Tensor operator-(const Operand& a, const Operand& b) { return sub(a, b); }

namespace ops {
std::vector<OpDef> sub() {
  return {{
      .name = "sub",
      .summary = "a - b. Integers wrap.",
      .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::numbers,
      .gradient = sub_gradient,
      .lowering = {.instruction = ASG_EW_SUB},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a, auto b) { return a - b; });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Sub.html",
      .samples = sub_samples,
  }};
}
}  // namespace ops

}  // namespace asg
