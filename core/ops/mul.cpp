#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors mul_gradient(const GradientCall& call) {
  return {call.dy() * call.in(1), call.dy() * call.in(0)};
}

std::vector<Sample> mul_samples() {
  return binary_samples({-2, 2}, {-3, 3}, [](double a, double b) { return a * b; });
}

}  // namespace

Tensor mul(const Operand& a, const Operand& b) { return elementwise("mul", {a, b}); }
Tensor operator*(const Operand& a, const Operand& b) { return mul(a, b); }
Tensor square(const Operand& x) { return x * x; }

namespace ops {
std::vector<OpDef> mul() {
  return {{
      .name = "mul",
      .summary = "a * b. Integers wrap.",
      .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::numbers,
      .gradient = mul_gradient,
      .lowering = {.instruction = ASG_EW_MUL},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a, auto b) { return a * b; });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Mul.html",
      .samples = mul_samples,
  }};
}
}  // namespace ops

}  // namespace asg
