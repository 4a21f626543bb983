#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors leaky_relu_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  return {where(x > 0, x, call.attributes.number("negative_slope") * x)};
}

std::vector<Sample> leaky_relu_samples() {
  std::vector<Sample> cases =
      unary_samples({-2, 2.1}, [](double x) { return x > 0 ? x : 0.1 * x; });
  for (Sample& c : cases) c.attributes = {{"negative_slope", 0.1}};
  Sample zero = kink({Array({2}, {0.0, -4.0})}, Array({2}, {0.0, 1.0}));
  zero.attributes = {{"negative_slope", -0.25}};
  return joined(cases, {zero});
}

}  // namespace

Tensor leaky_relu(const Operand& x, double negative_slope) {
  const Call call("leaky_relu", {x});
  return call.make("leaky_relu", {call.as_float(call.tensor(x))},
                   {{"negative_slope", negative_slope}});
}

namespace ops {
std::vector<OpDef> leaky_relu() {
  return {{
      .name = "leaky_relu",
      .summary = "x where x > 0, else negative_slope * x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"negative_slope", AttributeType::number, "the slope below 0"}},
      .infer = rules::floats,
      .decompose = leaky_relu_body,
      .source = "https://onnx.ai/onnx/operators/onnx__LeakyRelu.html",
      .samples = leaky_relu_samples,
  }};
}
}  // namespace ops

}  // namespace asg
