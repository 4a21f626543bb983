#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types logcumsumexp_infer(const Signature& call) {
  (void)rules::axis(call);
  return rules::floats(call);
}

// After k passes each element stands for the 2^k last ones. One shift for a whole row, as in
// logsumexp, would lose elements far below the largest, which the first sums hold alone.
Tensors logcumsumexp_body(const OpCall& call) {
  const int axis = call.attributes.axis("axis");
  Tensor y = call.in(0);
  const std::int64_t size = y.size(axis);
  Ints low(static_cast<std::size_t>(y.rank()), 0);
  const Ints none = low;
  for (std::int64_t step = 1; step < size; step *= 2) {
    low[static_cast<std::size_t>(axis)] = step;
    y = logaddexp(y, pad(slice(y, axis, 0, size - step), low, none, -INFINITY));
  }
  return {y};
}

// torch.logcumsumexp in float64.
std::vector<Sample> logcumsumexp_samples() {
  const auto sample = [](const Array& x, int axis, std::vector<Array> y = {}) {
    return Sample{.inputs = {x}, .attributes = {{"axis", axis}}, .outputs = std::move(y)};
  };
  const double inf = INFINITY, nan = std::nan("");
  std::vector<Sample> kinks = {
      // Far below what comes later, and still whole.
      sample(Array({3}, {-800.0, -800.0, 0.0}), 0,
             {Array({3}, {-800.0, std::log(2.0) - 800, 0.0})}),
      sample(Array({4}, {-1e30, 0.0, 1e30, 1.0}), 0, {Array({4}, {-1e30, 0.0, 1e30, 1e30})}),
      sample(Array({3}, {-inf, -inf, 1.0}), 0, {Array({3}, {-inf, -inf, 1.0})}),
      sample(Array({4}, {0.0, inf, 0.0, nan}), 0, {Array({4}, {0.0, inf, inf, nan})})};
  for (Sample& kinked : kinks) kinked.gradient = false;
  return joined({sample(Array({3}, {0.5, -1.0, 2.0}), 0,
                        {Array({3}, {0.5, 0.7014132779827524, 2.241311296657157})}),
                 sample(Array({3}, {1.0, 1.0, 1.0}), 0,
                        {Array({3}, {1.0, 1 + std::log(2.0), 1 + std::log(3.0)})}),
                 sample(Array({1}, {1.5}), 0, {Array({1}, {1.5})}),
                 sample(Array(f64, {2, 0}), 1, {Array(f64, {2, 0})}),
                 sample(Array(f64, {0, 2}), 1, {Array(f64, {0, 2})}), sample(spread({2, 5, 3}), 1)},
                kinks);
}

}  // namespace

Tensor logcumsumexp(const Operand& x, Axis axis) {
  const Call call("logcumsumexp", {x});
  const Tensor t = call.as_float(call.tensor(x));
  return call.make("logcumsumexp", {t}, {{"axis", call.axis(axis, t.rank())}});
}

namespace ops {
std::vector<OpDef> logcumsumexp() {
  return {{
      .name = "logcumsumexp",
      .summary = "log(cumsum(exp(x))) along an axis, without overflow.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"axis", AttributeType::integer, "what is combined"}},
      .infer = logcumsumexp_infer,
      .decompose = logcumsumexp_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.logcumsumexp.html",
      .samples = logcumsumexp_samples,
  }};
}
}  // namespace ops

}  // namespace asg
