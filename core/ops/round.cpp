#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> round_samples() {
  return joined(unary_constants({-3, 3}, [](double x) { return std::nearbyint(x); }),
                {kink({Array({6}, {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5})},
                      Array({6}, {-2.0, -2.0, -0.0, 0.0, 2.0, 2.0}))});
}

}  // namespace

Tensor round(const Operand& x) { return float_elementwise("round", {x}); }

namespace ops {
std::vector<OpDef> round() {
  return {{
      .name = "round",
      .summary = "To the nearest integer, halves to even.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .no_gradient = "constant wherever it is smooth",
      .lowering = {.instruction = ASG_EW_ROUND},
      .source = "https://onnx.ai/onnx/operators/onnx__Round.html",
      .samples = round_samples,
  }};
}
}  // namespace ops

}  // namespace asg
