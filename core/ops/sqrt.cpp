#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// inf at 0, the true limit.
Tensors sqrt_gradient(const GradientCall& call) { return {0.5 * call.dy() / call.out()}; }

std::vector<Sample> sqrt_samples() {
  return joined(unary_samples({0.1, 4}, [](double x) { return std::sqrt(x); }),
                {kink({Array({2}, {0.0, 9.0})}, Array({2}, {0.0, 3.0}))});
}

}  // namespace

Tensor sqrt(const Operand& x) { return float_elementwise("sqrt", {x}); }

namespace ops {
std::vector<OpDef> sqrt() {
  return {{
      .name = "sqrt",
      .summary = "The square root; NaN below 0.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = sqrt_gradient,
      .lowering = {.instruction = ASG_EW_SQRT},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a) { return std::sqrt(a); });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Sqrt.html",
      .samples = sqrt_samples,
  }};
}
}  // namespace ops

}  // namespace asg
