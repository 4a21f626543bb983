#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors cos_gradient(const GradientCall& call) { return {-call.dy() * sin(call.in(0))}; }

std::vector<Sample> cos_samples() {
  return unary_samples({-4, 4}, [](double x) { return std::cos(x); });
}

}  // namespace

Tensor cos(const Operand& x) { return float_elementwise("cos", {x}); }

namespace ops {
std::vector<OpDef> cos() {
  return {{
      .name = "cos",
      .summary = "The cosine of x radians.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = cos_gradient,
      .lowering = {.instruction = ASG_EW_COS},
      .source = "https://onnx.ai/onnx/operators/onnx__Cos.html",
      .samples = cos_samples,
  }};
}
}  // namespace ops

}  // namespace asg
