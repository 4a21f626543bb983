#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors add_gradient(const GradientCall& call) { return {call.dy(), call.dy()}; }

std::vector<Sample> add_samples() {
  return binary_samples({-2, 2}, {-3, 3}, [](double a, double b) { return a + b; });
}

}  // namespace

Tensor add(const Operand& a, const Operand& b) { return elementwise("add", {a, b}); }
Tensor operator+(const Operand& a, const Operand& b) { return add(a, b); }

namespace ops {
std::vector<OpDef> add() {
  return {{
      .name = "add",
      .summary = "a + b. Integers wrap.",
      .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::numbers,
      .gradient = add_gradient,
      .lowering = {.instruction = ASG_EW_ADD},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a, auto b) { return a + b; });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Add.html",
      .samples = add_samples,
  }};
}
}  // namespace ops

}  // namespace asg
