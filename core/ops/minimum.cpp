#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// Equal operands share: half each. Where either is NaN both get all, so that the NaN stays in
// sight.
Tensors minimum_gradient(const GradientCall& call) {
  const Tensor& a = call.in(0);
  const Tensor& b = call.in(1);
  const Tensor share = where(eq(a, b), 0.5 * call.dy(), call.dy());
  return {where(a > b, 0.0, share), where(b > a, 0.0, share)};
}

std::vector<Sample> minimum_samples() {
  const double nan = std::nan("");
  return joined(
      binary_samples({-2, 2}, {-3, 3}, [](double a, double b) { return std::fmin(a, b); }),
      {kink({Array({4}, {1.0, nan, 1.0, 2.0}), Array({4}, {1.0, 1.0, nan, -3.0})},
            Array({4}, {1.0, nan, nan, -3.0}))});
}

}  // namespace

Tensor minimum(const Operand& a, const Operand& b) { return elementwise("minimum", {a, b}); }

namespace ops {
std::vector<OpDef> minimum() {
  return {{
      .name = "minimum",
      .summary = "The smaller of both; NaN when either is.",
      .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::numbers,
      .gradient = minimum_gradient,
      .lowering = {.instruction = ASG_EW_MIN},
      .source = "https://onnx.ai/onnx/operators/onnx__Min.html",
      .samples = minimum_samples,
  }};
}
}  // namespace ops

}  // namespace asg
