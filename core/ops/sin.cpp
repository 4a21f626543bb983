#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors sin_gradient(const GradientCall& call) { return {call.dy() * cos(call.in(0))}; }

std::vector<Sample> sin_samples() {
  return unary_samples({-4, 4}, [](double x) { return std::sin(x); });
}

}  // namespace

Tensor sin(const Operand& x) { return float_elementwise("sin", {x}); }

namespace ops {
std::vector<OpDef> sin() {
  return {{
      .name = "sin",
      .summary = "The sine of x radians.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = sin_gradient,
      .lowering = {.instruction = ASG_EW_SIN},
      .source = "https://onnx.ai/onnx/operators/onnx__Sin.html",
      .samples = sin_samples,
  }};
}
}  // namespace ops

}  // namespace asg
