#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors softsign_body(const OpCall& call) { return {call.in(0) / (abs(call.in(0)) + 1)}; }

// The body's gradient would be the difference of two numbers that are nearly equal for large x.
Tensors softsign_gradient(const GradientCall& call) {
  return {call.dy() / square(abs(call.in(0)) + 1)};
}

std::vector<Sample> softsign_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(
      unary_samples({-4, 4.1}, [](double x) { return x / (1 + std::abs(x)); }),
      {kink({Array({5}, {0.0, 1e30, -1e30, inf, nan})}, Array({5}, {0.0, 1.0, -1.0, nan, nan}))});
}

}  // namespace

Tensor softsign(const Operand& x) { return float_elementwise("softsign", {x}); }

namespace ops {
std::vector<OpDef> softsign() {
  return {{
      .name = "softsign",
      .summary = "x / (1 + |x|).",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = softsign_gradient,
      .decompose = softsign_body,
      .source = "https://onnx.ai/onnx/operators/onnx__Softsign.html",
      .samples = softsign_samples,
  }};
}
}  // namespace ops

}  // namespace asg
