#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// From the nearer end, so that weight 1 gives the end exactly.
Tensors lerp_body(const OpCall& call) {
  const Tensor& start = call.in(0);
  const Tensor& end = call.in(1);
  const Tensor& weight = call.in(2);
  const Tensor way = end - start;
  return {where(abs(weight) < 0.5, start + weight * way, end - way * (1 - weight))};
}

Tensors lerp_gradient(const GradientCall& call) {
  const Tensor& weight = call.in(2);
  const Tensor of_end = call.dy() * weight;
  return {call.dy() * (1 - weight), of_end, call.dy() * (call.in(1) - call.in(0))};
}

std::vector<Sample> lerp_samples() {
  std::vector<Sample> cases;
  for (const Shape& shape : sample_shapes()) {
    const Array start = spread(shape, -2, 2, 1), end = spread(shape, -3, 3, 2);
    const Array weight = spread(shape, -1, 2, 3);
    Array y(f64, shape);
    for (std::int64_t i = 0; i < y.numel(); ++i)
      y.set(i, start.get(i) + weight.get(i) * (end.get(i) - start.get(i)));
    cases.push_back({.inputs = {start, end, weight}, .outputs = {y}});
  }
  const double nan = std::nan("");
  Sample ends = kink({Array({4}, {0.1, 1e30, 1.0, 1.0}), Array({4}, {0.3, -3.0, 3.0, nan}),
                      Array({4}, {1.0, 1.0, 0.5, 0.5})},
                     Array({4}, {0.3, -3.0, 2.0, nan}));
  ends.tolerance = 0;
  cases.push_back(ends);
  return cases;
}

}  // namespace

Tensor lerp(const Operand& start, const Operand& end, const Operand& weight) {
  return float_elementwise("lerp", {start, end, weight});
}

namespace ops {
std::vector<OpDef> lerp() {
  return {{
      .name = "lerp",
      .summary = "start + weight * (end - start).",
      .inputs = {{"start", "[...]", "float"},
                 {"end", "as start", "as start"},
                 {"weight", "as start", "as start"}},
      .outputs = {{"y", "as start", "as start"}},
      .infer = rules::floats,
      .gradient = lerp_gradient,
      .decompose = lerp_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.lerp.html",
      .samples = lerp_samples,
  }};
}
}  // namespace ops

}  // namespace asg
