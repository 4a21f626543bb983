#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors log_gradient(const GradientCall& call) { return {call.dy() / call.in(0)}; }

std::vector<Sample> log_samples() {
  return joined(unary_samples({0.1, 4}, [](double x) { return std::log(x); }),
                {kink({Array({2}, {1.0, 0.0})}, Array({2}, {0.0, -HUGE_VAL}))});
}

}  // namespace

Tensor log(const Operand& x) { return float_elementwise("log", {x}); }

namespace ops {
std::vector<OpDef> log() {
  return {{
      .name = "log",
      .summary = "The natural logarithm; -inf of 0, NaN below.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = log_gradient,
      .lowering = {.instruction = ASG_EW_LOG},
      .source = "https://onnx.ai/onnx/operators/onnx__Log.html",
      .samples = log_samples,
  }};
}
}  // namespace ops

}  // namespace asg
