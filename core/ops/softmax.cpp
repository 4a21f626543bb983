#include <algorithm>
#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types softmax_infer(const Signature& call) {
  rules::axis(call);
  return rules::floats(call);
}

// The largest element of a row becomes 0, so nothing overflows and the sum is at least 1.
Tensors softmax_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const int axis = call.attributes.axis("axis");
  const Tensor e = exp(x - stop_gradient(max(x, axis, true)));
  return {e / sum(e, axis, true)};
}

Tensors softmax_gradient(const GradientCall& call) {
  return {apply(find_op("softmax_backward"), {call.dy(), call.out()}, call.attributes)};
}

Tensors softmax_backward(const OpCall& call) {
  const Tensor& y = call.in(1);
  const Tensor g = call.in(0) * y;
  return {g - y * sum(g, call.attributes.axis("axis"), true)};
}

// f of each row along the axis, written out with loops.
template <class F>
Array along(const Array& x, int axis, F f) {
  Array y(f64, x.shape());
  const std::int64_t n = x.shape()[axis];
  const std::int64_t inner = x.shape().slice(axis + 1, x.shape().rank()).numel();
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    if (i / inner % n != 0) continue;  // i is the first of a row
    f([&](std::int64_t k) { return i + k * inner; }, n, y);
  }
  return y;
}

Array softmax_expected(const Array& x, int axis) {
  return along(x, axis, [&](auto at, std::int64_t n, Array& y) {
    double total = 0;
    for (std::int64_t k = 0; k < n; ++k) total += std::exp(x.get(at(k)));
    for (std::int64_t k = 0; k < n; ++k) y.set(at(k), std::exp(x.get(at(k))) / total);
  });
}

std::vector<std::pair<Shape, std::int64_t>> softmax_cases() {
  return {{{4}, 0},    {{3, 5}, 1}, {{3, 5}, 0}, {{2, 3, 4}, 1},
          {{2, 1}, 1}, {{0, 3}, 1}, {{2, 0}, 1}};
}

std::vector<Sample> softmax_samples() {
  std::vector<Sample> result;
  for (const auto& [shape, axis] : softmax_cases()) {
    const Array x = spread(shape, -3, 3);
    result.push_back({.inputs = {x},
                      .attributes = {{"axis", axis}},
                      .outputs = {softmax_expected(x, static_cast<int>(axis))}});
  }
  const double inf = INFINITY;
  Sample extreme = kink({Array({3, 3}, {1e30, 1e30, -1e30, -inf, 1.0, 1.0, 1e30, 0.0, -inf})},
                        Array({3, 3}, {0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 1.0, 0.0, 0.0}));
  extreme.attributes = {{"axis", std::int64_t{1}}};
  result.push_back(extreme);
  return result;
}

std::vector<Sample> softmax_backward_samples() {
  std::vector<Sample> result;
  for (const auto& [shape, axis] : softmax_cases()) {
    const Array dy = spread(shape, -2, 2, 1);
    const Array y = softmax_expected(spread(shape, -1, 1, 2), static_cast<int>(axis));
    const Array dx = along(y, static_cast<int>(axis), [&](auto at, std::int64_t n, Array& out) {
      for (std::int64_t i = 0; i < n; ++i) {  // the Jacobian, row by row
        double total = 0;
        for (std::int64_t j = 0; j < n; ++j)
          total += dy.get(at(j)) * y.get(at(j)) * ((i == j ? 1 : 0) - y.get(at(i)));
        out.set(at(i), total);
      }
    });
    result.push_back({.inputs = {dy, y}, .attributes = {{"axis", axis}}, .outputs = {dx}});
  }
  return result;
}

}  // namespace

Tensor softmax(const Operand& x, Axis axis) {
  const Call call("softmax", {x});
  const Tensor t = call.as_float(call.tensor(x));
  return call.make("softmax", {t}, {{"axis", call.axis(axis, t.rank())}});
}

namespace ops {
std::vector<OpDef> softmax() {
  return {{
              .name = "softmax",
              .summary = "exp(x) / sum(exp(x)) along an axis.",
              .inputs = {{"x", "[..., N, ...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .attributes = {{"axis", AttributeType::integer,
                              "the axis along which the result sums to 1"}},
              .infer = softmax_infer,
              .gradient = softmax_gradient,
              .decompose = softmax_body,
              .source = "https://onnx.ai/onnx/operators/onnx__Softmax.html",
              .samples = softmax_samples,
          },
          {
              .name = "softmax_backward",
              .summary = "y * (dy - sum(y * dy)): the gradient of softmax from its output.",
              .inputs = {{"dy", "[..., N, ...]", "float"}, {"y", "as dy", "as dy"}},
              .outputs = {{"dx", "as dy", "as dy"}},
              .attributes = {{"axis", AttributeType::integer, "the axis of the softmax"}},
              .infer = softmax_infer,
              .decompose = softmax_backward,
              .samples = softmax_backward_samples,
          }};
}
}  // namespace ops

}  // namespace asg
