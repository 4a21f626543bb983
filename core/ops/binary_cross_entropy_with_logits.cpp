#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>

#include "ops/loss_rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// (max(x, 0) - x * t) + log(1 + exp(-|x|)): for a target of 0 or 1 the first part is exact, so the
// small loss of a confident right answer keeps its digits.
Tensors binary_cross_entropy_with_logits_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor loss = (maximum(x, 0) - x * call.in(1)) + log1p(exp(-abs(x)));
  return {losses::reduced(loss, call.attributes)};
}

Tensors binary_cross_entropy_with_logits_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Shape shape = x.shape();
  const Tensor g = losses::spread_back(call.dy(), shape, call.attributes);
  return {(sigmoid(x) - call.in(1)) * g, -x * g};
}

// The formula in float64, written without care for large logits.
double binary_cross_entropy_with_logits_expected(double x, double t) {
  return -t * std::log(1 / (1 + std::exp(-x))) - (1 - t) * std::log(1 / (1 + std::exp(x)));
}

std::vector<Sample> binary_cross_entropy_with_logits_samples() {
  const auto options = [](const char* reduction) {
    return Attributes{{"reduction", std::string(reduction)}};
  };
  std::vector<Sample> result =
      binary_samples({-3, 3}, {0, 1}, binary_cross_entropy_with_logits_expected);
  for (Sample& c : result) c.attributes = options("none");
  const Array x = spread({2, 3}, -3, 3, 1), t = spread({2, 3}, 0, 1, 2);
  double total = 0;
  for (std::int64_t i = 0; i < 6; ++i)
    total += binary_cross_entropy_with_logits_expected(x.get(i), t.get(i));
  result.push_back({.inputs = {x, t}, .attributes = options("sum"), .outputs = {Array(total)}});
  result.push_back(
      {.inputs = {x, t}, .attributes = options("mean"), .outputs = {Array(total / 6)}});
  Sample extreme =
      kink({Array({5}, {0.0, 1e30, 1e30, -1e30, 40.0}), Array({5}, {0.5, 1.0, 0.0, 0.0, 1.0})},
           Array({5}, {std::log(2.0), 0.0, 1e30, 0.0, std::exp(-40.0)}));
  extreme.attributes = options("none");
  result.push_back(extreme);
  return result;
}

}  // namespace

Tensor binary_cross_entropy_with_logits(const Operand& logits, const Operand& target,
                                        Reduction reduction) {
  const Call call("binary_cross_entropy_with_logits", {logits, target});
  return losses::make_elementwise(call, "binary_cross_entropy_with_logits", logits, target,
                                  reduction);
}

Tensor binary_cross_entropy_with_logits(const Operand& logits, const Operand& target,
                                        const BinaryCrossEntropyOptions& how) {
  constexpr std::string_view name = "binary_cross_entropy_with_logits";
  const Call call(name, {logits, target});
  Tensor loss;
  if (how.pos_weight.defined()) {
    const Tensors t = losses::matched(name, call, logits, target);
    loss = losses::weighed(name, call, t[1] * softplus(-t[0]), how.pos_weight) +
           (1 - t[1]) * softplus(t[0]);
  } else {
    loss = losses::make_elementwise(call, name, logits, target, "none");
  }
  return losses::reduced_as(name, call, losses::weighed(name, call, loss, how.weight),
                            how.reduction);
}

namespace ops {
std::vector<OpDef> binary_cross_entropy_with_logits() {
  return {{
      .name = "binary_cross_entropy_with_logits",
      .summary = "-target * log(sigmoid(x)) - (1 - target) * log(1 - sigmoid(x)), reduced.",
      .inputs = {{"x", "[...]", "float"}, {"target", "as x", "as x"}},
      .outputs = {{"loss", "[] or as x", "as x"}},
      .attributes = {{"reduction", AttributeType::text, "none, mean or sum"}},
      .infer = losses::elementwise,
      .gradient = binary_cross_entropy_with_logits_gradient,
      .decompose = binary_cross_entropy_with_logits_body,
      .source = "https://pytorch.org/docs/stable/generated/"
                "torch.nn.functional.binary_cross_entropy_with_logits.html",
      .samples = binary_cross_entropy_with_logits_samples,
  }};
}
}  // namespace ops

}  // namespace asg
