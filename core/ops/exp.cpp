#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors exp_gradient(const GradientCall& call) { return {call.dy() * call.out()}; }

std::vector<Sample> exp_samples() {
  return joined(
      unary_samples({-2, 2}, [](double x) { return std::exp(x); }),
      {kink({Array({3}, {0.0, 1.0, -1000.0})}, Array({3}, {1.0, 2.718281828459045, 0.0}))});
}

}  // namespace

Tensor exp(const Operand& x) { return float_elementwise("exp", {x}); }

namespace ops {
std::vector<OpDef> exp() {
  return {{
      .name = "exp",
      .summary = "e to the power x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = exp_gradient,
      .lowering = {.instruction = ASG_EW_EXP},
      .source = "https://onnx.ai/onnx/operators/onnx__Exp.html",
      .samples = exp_samples,
  }};
}
}  // namespace ops

}  // namespace asg
