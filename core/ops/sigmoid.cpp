#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// 1 / (1 + e) for x >= 0, e / (1 + e) below, with e = exp(-|x|) <= 1.
Tensors sigmoid_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor e = exp(-abs(x));
  return {where(x >= 0, 1, e) / (e + 1)};
}

Tensors sigmoid_gradient(const GradientCall& call) {
  const Tensor& y = call.out();
  return {call.dy() * y * (1 - y)};
}

std::vector<Sample> sigmoid_samples() {
  const double inf = INFINITY;
  return joined(unary_samples({-4, 4}, [](double x) { return 1 / (1 + std::exp(-x)); }),
                {kink({Array({5}, {0.0, 800.0, -1e30, std::nan(""), inf})},
                      Array({5}, {0.5, 1.0, 0.0, std::nan(""), 1.0}))});
}

}  // namespace

Tensor sigmoid(const Operand& x) { return float_elementwise("sigmoid", {x}); }

namespace ops {
std::vector<OpDef> sigmoid() {
  return {{
      .name = "sigmoid",
      .summary = "1 / (1 + exp(-x)); keeps its digits for large negative x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = sigmoid_gradient,
      .decompose = sigmoid_body,
      .source = "https://onnx.ai/onnx/operators/onnx__Sigmoid.html",
      .samples = sigmoid_samples,
  }};
}
}  // namespace ops

}  // namespace asg
