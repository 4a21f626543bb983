#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors tan_body(const OpCall& call) { return {sin(call.in(0)) / cos(call.in(0))}; }

Tensors tan_gradient(const GradientCall& call) { return {call.dy() * (square(call.out()) + 1)}; }

std::vector<Sample> tan_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(
      unary_samples({-1.3, 1.3}, [](double x) { return std::tan(x); }),
      {kink({Array({4}, {0.0, 100.0, inf, nan})}, Array({4}, {0.0, std::tan(100.0), nan, nan}))});
}

}  // namespace

Tensor tan(const Operand& x) { return float_elementwise("tan", {x}); }

namespace ops {
std::vector<OpDef> tan() {
  return {{
      .name = "tan",
      .summary = "The tangent of x radians.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = tan_gradient,
      .decompose = tan_body,
      .source = "https://onnx.ai/onnx/operators/onnx__Tan.html",
      .samples = tan_samples,
  }};
}
}  // namespace ops

}  // namespace asg
