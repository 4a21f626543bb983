// Losses between distributions that are functions of other ops.
#include <cmath>
#include <numbers>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/loss_rules.hpp"
#include "ops/operand_rules.hpp"

namespace asg {
namespace {

// The variance in a shape that broadcasts to x's.
Tensor variance_of(const Call& call, const Tensor& variance, const Shape& x) {
  const Shape& shape = variance.shape();
  if (shape == x || shape.rank() == 0) return variance;
  const Shape outer = x.slice(0, std::max(0, x.rank() - 1));
  if (x.rank() > 0 && shape == outer) return unsqueeze(variance, -1);
  Shape kept = outer;
  kept.push_back(1);
  call.require(x.rank() > 0 && shape == kept,
               "the variance must have the input's shape, 1 for the last axis, or not have that");
  return variance;
}

}  // namespace

Tensor kl_div(const Operand& input, const Operand& target, const KlDivOptions& how) {
  const Call call("kl_div", {input, target});
  const Tensors both = losses::matched("kl_div", call, input, target);
  const Tensor &x = both[0], &t = both[1];
  // Where the target has nothing, 0 * log(0) and 0 * -inf count as 0, their gradients too.
  const Tensor none = how.log_target ? eq(t, -INFINITY) : eq(t, 0);
  const Tensor some = where(none, how.log_target ? 0.0 : 1.0, t);
  const Tensor part = how.log_target ? exp(some) : some;
  const Tensor distance = (how.log_target ? some : log(some)) - where(none, 0.0, x);
  const Tensor loss = where(none, 0.0, part * distance);
  if (how.reduction != "batchmean") return losses::reduced_as("kl_div", call, loss, how.reduction);
  call.require(loss.rank() >= 1, "\"batchmean\" needs an axis of the batch");
  return sum(loss) / static_cast<double>(loss.size(0));
}

Tensor sigmoid_focal_loss(const Operand& logits, const Operand& target,
                          const SigmoidFocalOptions& how) {
  constexpr std::string_view name = "sigmoid_focal_loss";
  const Call call(name, {logits, target});
  const Tensors both = losses::matched(name, call, logits, target);
  const Tensor &x = both[0], &t = both[1];
  Tensor loss = binary_cross_entropy_with_logits(x, t, "none");
  if (how.gamma != 0) {
    const Tensor missed = t * sigmoid(-x) + (1 - t) * sigmoid(x);
    // The slope of a power may be infinite at 0, where that of sigmoid has vanished faster.
    const Tensor some = missed > 0;
    loss = loss * where(some, pow(where(some, missed, 1.0), how.gamma), 0.0);
  }
  if (how.alpha >= 0) loss = loss * (how.alpha * t + (1 - how.alpha) * (1 - t));
  return losses::reduced_as(name, call, loss, how.reduction);
}

Tensor poisson_nll_loss(const Operand& input, const Operand& target, const PoissonNllOptions& how) {
  const Call call("poisson_nll_loss", {input, target});
  const Tensors both = losses::matched("poisson_nll_loss", call, input, target);
  const Tensor &x = both[0], &t = both[1];
  Tensor loss = how.log_input ? exp(x) - t * x : x - t * log(x + how.eps);
  if (how.full) {
    const Tensor large = t > 1;
    const Tensor n = where(large, t, 1.0);
    const Tensor stirling = n * log(n) - n + 0.5 * log(2 * std::numbers::pi * n);
    loss = loss + where(large, stirling, 0.0);
  }
  return losses::reduced_as("poisson_nll_loss", call, loss, how.reduction);
}

Tensor gaussian_nll_loss(const Operand& input, const Operand& target, const Operand& variance,
                         const GaussianNllOptions& how) {
  constexpr std::string_view name = "gaussian_nll_loss";
  const Call call(name, {input, target, variance});
  const Tensors both = losses::matched(name, call, input, target);
  const Tensor given = operands::of_one_float(name, call, {both[0], variance})[1];
  const Tensor v = variance_of(call, given, both[0].shape());
  // eps in value, v in slope.
  const Tensor bounded = stop_gradient(maximum(v, how.eps)) + (v - stop_gradient(v));
  Tensor loss = 0.5 * (log(bounded) + square(both[0] - both[1]) / bounded);
  if (how.full) loss = loss + 0.5 * std::log(2 * std::numbers::pi);
  return losses::reduced_as(name, call, loss, how.reduction);
}

}  // namespace asg
