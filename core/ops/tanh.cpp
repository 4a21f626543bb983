#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors tanh_gradient(const GradientCall& call) { return {call.dy() * (1 - square(call.out()))}; }

std::vector<Sample> tanh_samples() {
  return joined(unary_samples({-3, 3}, [](double x) { return std::tanh(x); }),
                {kink({Array({3}, {0.0, 100.0, -1000.0})}, Array({3}, {0.0, 1.0, -1.0}))});
}

}  // namespace

Tensor tanh(const Operand& x) { return float_elementwise("tanh", {x}); }

namespace ops {
std::vector<OpDef> tanh() {
  return {{
      .name = "tanh",
      .summary = "The hyperbolic tangent.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = tanh_gradient,
      .lowering = {.instruction = ASG_EW_TANH},
      .source = "https://onnx.ai/onnx/operators/onnx__Tanh.html",
      .samples = tanh_samples,
  }};
}
}  // namespace ops

}  // namespace asg
