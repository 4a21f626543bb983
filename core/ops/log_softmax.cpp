#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types log_softmax_infer(const Signature& call) {
  rules::axis(call);
  return rules::floats(call);
}

Tensors log_softmax_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const int axis = call.attributes.axis("axis");
  const Tensor shifted = x - stop_gradient(max(x, axis, true));
  return {shifted - log(sum(exp(shifted), axis, true))};
}

Tensors log_softmax_gradient(const GradientCall& call) {
  return {apply(find_op("log_softmax_backward"), {call.dy(), call.out()}, call.attributes)};
}

Tensors log_softmax_backward(const OpCall& call) {
  const Tensor& dy = call.in(0);
  return {dy - exp(call.in(1)) * sum(dy, call.attributes.axis("axis"), true)};
}

// torch.log_softmax in float64.
std::vector<Sample> log_softmax_samples() {
  const double inf = INFINITY;
  const Array x({2, 3}, {0.5, -1.0, 2.0, 3.0, 3.0, -2.5});
  std::vector<Sample> result = {
      {.inputs = {x},
       .attributes = {{"axis", 1}},
       .outputs = {Array({2, 3}, {-1.7413112966571571, -3.241311296657157, -0.24131129665715703,
                                  -0.6951884814062287, -0.6951884814062287, -6.195188481406229})}},
      {.inputs = {x},
       .attributes = {{"axis", 0}},
       .outputs = {
           Array({2, 3}, {-2.5788897342925496, -4.0181499279178094, -0.011047744848593777,
                          -0.07888973429254957, -0.01814992791780978, -4.511047744848594})}}};
  for (const auto& [shape, axis] : std::vector<std::pair<Shape, int>>{
           {{4}, 0}, {{2, 3, 4}, 1}, {{2, 1}, 1}, {{0, 3}, 1}, {{2, 0}, 1}})
    result.push_back({.inputs = {spread(shape, -3, 3)}, .attributes = {{"axis", axis}}});
  Sample extreme = kink({Array({3, 2}, {1e30, 1e30, -inf, 1.0, -1e30, 1e30})},
                        Array({3, 2}, {-std::log(2.0), -std::log(2.0), -inf, 0.0, -2e30, 0.0}));
  extreme.attributes = {{"axis", 1}};
  result.push_back(extreme);
  return result;
}

std::vector<Sample> log_softmax_backward_samples() {
  std::vector<Sample> result = {
      {.inputs = {Array({3}, {1.0, 2.0, -4.0}),
                  Array({3}, {std::log(0.2), std::log(0.3), std::log(0.5)})},
       .attributes = {{"axis", 0}},
       .outputs = {Array({3}, {1.2, 2.3, -3.5})}}};
  for (const auto& [shape, axis] : std::vector<std::pair<Shape, int>>{
           {{3, 5}, 1}, {{3, 5}, 0}, {{2, 3, 4}, 1}, {{2, 1}, 1}, {{0, 3}, 1}})
    result.push_back({.inputs = {spread(shape, -2, 2, 1), spread(shape, -3, 0, 2)},
                      .attributes = {{"axis", axis}}});
  return result;
}

}  // namespace

Tensor log_softmax(const Operand& x, Axis axis) {
  const Call call("log_softmax", {x});
  const Tensor t = call.as_float(call.tensor(x));
  return call.make("log_softmax", {t}, {{"axis", call.axis(axis, t.rank())}});
}

namespace ops {
std::vector<OpDef> log_softmax() {
  return {{
              .name = "log_softmax",
              .summary = "x - log(sum(exp(x))) along an axis.",
              .inputs = {{"x", "[..., N, ...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .attributes = {{"axis", AttributeType::integer,
                              "the axis along which exp of the result sums to 1"}},
              .infer = log_softmax_infer,
              .gradient = log_softmax_gradient,
              .decompose = log_softmax_body,
              .source = "https://onnx.ai/onnx/operators/onnx__LogSoftmax.html",
              .samples = log_softmax_samples,
          },
          {
              .name = "log_softmax_backward",
              .summary = "dy - exp(y) * sum(dy): the gradient of log_softmax from its output.",
              .inputs = {{"dy", "[..., N, ...]", "float"}, {"y", "as dy", "as dy"}},
              .outputs = {{"dx", "as dy", "as dy"}},
              .attributes = {{"axis", AttributeType::integer, "the axis of the log_softmax"}},
              .infer = log_softmax_infer,
              .decompose = log_softmax_backward,
              .samples = log_softmax_backward_samples,
          }};
}
}  // namespace ops

}  // namespace asg
