#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// 0 at 0, the middle of the subgradients.
Tensors abs_gradient(const GradientCall& call) { return {call.dy() * sign(call.in(0))}; }

std::vector<Sample> abs_samples() {
  // spread has no 0 among these.
  return joined(unary_samples({-2, 3}, [](double x) { return std::abs(x); }),
                {kink({Array({3}, {-0.0, 0.0, -1.5})}, Array({3}, {0.0, 0.0, 1.5}))});
}

}  // namespace

Tensor abs(const Operand& x) { return elementwise("abs", {x}); }

namespace ops {
std::vector<OpDef> abs() {
  return {{
      .name = "abs",
      .summary = "|x|.",
      .inputs = {{"x", "[...]", "number"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::numbers,
      .gradient = abs_gradient,
      .lowering = {.instruction = ASG_EW_ABS},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a) { return std::abs(a); });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Abs.html",
      .samples = abs_samples,
  }};
}
}  // namespace ops

}  // namespace asg
