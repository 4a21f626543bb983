#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> floor_samples() {
  return joined(unary_constants({-3, 3}, [](double x) { return std::floor(x); }),
                {kink({Array({4}, {-1.0, -0.5, 2.0, 2.9})}, Array({4}, {-1.0, -1.0, 2.0, 2.0}))});
}

}  // namespace

Tensor floor(const Operand& x) { return float_elementwise("floor", {x}); }

namespace ops {
std::vector<OpDef> floor() {
  return {{
      .name = "floor",
      .summary = "The largest integer not above x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .no_gradient = "constant wherever it is smooth",
      .lowering = {.instruction = ASG_EW_FLOOR},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a) { return std::floor(a); });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Floor.html",
      .samples = floor_samples,
  }};
}
}  // namespace ops

}  // namespace asg
