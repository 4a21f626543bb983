#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> ceil_samples() {
  return joined(unary_constants({-3, 3}, [](double x) { return std::ceil(x); }),
                {kink({Array({4}, {-1.0, -0.5, 2.0, 2.1})}, Array({4}, {-1.0, -0.0, 2.0, 3.0}))});
}

}  // namespace

Tensor ceil(const Operand& x) { return float_elementwise("ceil", {x}); }

namespace ops {
std::vector<OpDef> ceil() {
  return {{
      .name = "ceil",
      .summary = "The smallest integer not below x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .no_gradient = "constant wherever it is smooth",
      .lowering = {.instruction = ASG_EW_CEIL},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a) { return std::ceil(a); });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Ceil.html",
      .samples = ceil_samples,
  }};
}
}  // namespace ops

}  // namespace asg
