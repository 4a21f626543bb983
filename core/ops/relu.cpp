#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors relu_body(const OpCall& call) { return {maximum(call.in(0), 0)}; }

// From the output, so that the input need not be kept. What is NaN is not below 0: it stays in
// sight.
Tensors relu_gradient(const GradientCall& call) { return {where(call.out() <= 0, 0, call.dy())}; }

std::vector<Sample> relu_samples() {
  const double inf = INFINITY;
  return joined(
      unary_samples({-2, 2.1}, [](double x) { return x > 0 ? x : 0.0; }),
      {kink({Array({3}, {0.0, std::nan(""), -inf})}, Array({3}, {0.0, std::nan(""), 0.0}))});
}

}  // namespace

Tensor relu(const Operand& x) { return float_elementwise("relu", {x}); }

namespace ops {
std::vector<OpDef> relu() {
  return {{
      .name = "relu",
      .summary = "max(x, 0); its derivative at 0 is 0.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = relu_gradient,
      .decompose = relu_body,
      .source = "https://onnx.ai/onnx/operators/onnx__Relu.html",
      .samples = relu_samples,
  }};
}
}  // namespace ops

}  // namespace asg
