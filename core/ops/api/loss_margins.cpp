// Losses with a margin, which are functions of other ops.
#include <cmath>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/loss_rules.hpp"
#include "ops/operand_rules.hpp"

namespace asg {
namespace {

// The p-norm of the vectors on the last axis. Where it is 0 its slope is, too.
Tensor length(const Tensor& x, double p) {
  if (std::isinf(p)) return max(abs(x), -1);
  if (p == 1) return sum(abs(x), -1);
  const Tensor total = sum(p == 2 ? square(x) : pow(abs(x), p), -1);
  const Tensor some = total > 0;
  const Tensor safe = where(some, total, 1.0);
  return where(some, p == 2 ? sqrt(safe) : pow(safe, 1 / p), 0.0);
}

// Scores [N, C] or [C], and one class for each row of them.
void require_classes(const Call& call, const Tensor& scores, const Tensor& target) {
  call.require(scores.rank() == 1 || scores.rank() == 2, "input must be [N, C] or [C]");
  call.require(scores.size(-1) >= 1, "there must be at least one class");
  if (target.dtype() == i32 || target.dtype() == i64) return;
  throw TypeError(
      fmt::format("the target is {}; it must be i32 or i64: numbers of classes\n  at {}",
                  to_string(target.type()), to_string(call.graph().origin_now(call.where()))));
}

}  // namespace

Tensor hinge_loss(const Operand& input, const Operand& target, Reduction reduction) {
  const Call call("hinge_loss", {input, target});
  const Tensors both = losses::matched("hinge_loss", call, input, target);
  return losses::reduced_as("hinge_loss", call, relu(1 - both[1] * both[0]), reduction);
}

Tensor squared_hinge_loss(const Operand& input, const Operand& target, Reduction reduction) {
  const Call call("squared_hinge_loss", {input, target});
  const Tensors both = losses::matched("squared_hinge_loss", call, input, target);
  return losses::reduced_as("squared_hinge_loss", call, square(relu(1 - both[1] * both[0])),
                            reduction);
}

Tensor hinge_embedding_loss(const Operand& input, const Operand& target, double margin,
                            Reduction reduction) {
  const Call call("hinge_embedding_loss", {input, target});
  const Tensors both = losses::matched("hinge_embedding_loss", call, input, target);
  const Tensor &x = both[0], &t = both[1];
  const Tensor loss = where(ne(t, -1), x, 0.0) + where(ne(t, 1), relu(margin - x), 0.0);
  return losses::reduced_as("hinge_embedding_loss", call, loss, reduction);
}

Tensor soft_margin_loss(const Operand& input, const Operand& target, Reduction reduction) {
  const Call call("soft_margin_loss", {input, target});
  const Tensors both = losses::matched("soft_margin_loss", call, input, target);
  return losses::reduced_as("soft_margin_loss", call, softplus(-both[1] * both[0]), reduction);
}

Tensor margin_ranking_loss(const Operand& input1, const Operand& input2, const Operand& target,
                           double margin, Reduction reduction) {
  constexpr std::string_view name = "margin_ranking_loss";
  const Call call(name, {input1, input2, target});
  const Tensors both = losses::matched(name, call, input1, input2);
  const Tensor t = losses::matched(name, call, both[0], target)[1];
  return losses::reduced_as(name, call, relu(margin - t * (both[0] - both[1])), reduction);
}

Tensor cosine_embedding_loss(const Operand& input1, const Operand& input2, const Operand& target,
                             double margin, Reduction reduction) {
  constexpr std::string_view name = "cosine_embedding_loss";
  const Call call(name, {input1, input2, target});
  const Tensors both = losses::matched(name, call, input1, input2);
  const Tensor &a = both[0], &b = both[1];
  call.require(a.rank() == 1 || a.rank() == 2, "the inputs must be [N, D] or [D]");
  constexpr double eps = 1e-12;
  const Tensor cosine =
      sum(a * b, -1) * rsqrt(sum(square(a), -1) + eps) * rsqrt(sum(square(b), -1) + eps);
  const Tensor t = losses::matched(name, call, cosine, target)[1];
  const Tensor loss =
      where(eq(t, 1), 1 - cosine, 0.0) + where(eq(t, -1), relu(cosine - margin), 0.0);
  return losses::reduced_as(name, call, loss, reduction);
}

Tensor triplet_margin_loss(const Operand& anchor, const Operand& positive, const Operand& negative,
                           const TripletMarginOptions& how) {
  constexpr std::string_view name = "triplet_margin_loss";
  const Call call(name, {anchor, positive, negative});
  operands::require_positive(name, call, "p", how.p);
  const Tensors near = losses::matched(name, call, anchor, positive);
  const Tensor far = losses::matched(name, call, near[0], negative)[1];
  call.require(near[0].rank() >= 1, "needs an axis of vectors");
  const auto distance = [&](const Tensor& a, const Tensor& b) {
    return length(a - b + how.eps, how.p);
  };
  Tensor apart = distance(near[0], far);
  if (how.swap) apart = minimum(apart, distance(near[1], far));
  const Tensor loss = relu(distance(near[0], near[1]) - apart + how.margin);
  return losses::reduced_as(name, call, loss, how.reduction);
}

Tensor multi_margin_loss(const Operand& input, const Operand& target,
                         const MultiMarginOptions& how) {
  constexpr std::string_view name = "multi_margin_loss";
  const Call call(name, {input, target});
  const Tensor x = call.as_float(call.tensor(input)), y = call.tensor(target, i64);
  require_classes(call, x, y);
  call.require(how.p == 1 || how.p == 2, "p is 1 or 2");
  call.require(y.shape() == x.shape().slice(0, x.rank() - 1), "the target must be [N] or []");
  const Tensor place = unsqueeze(y, -1);
  const Tensor beyond = relu(how.margin - take_along_dim(x, place, -1) + x);
  const Tensor wrong = ne(place, iota(x.graph(), {x.size(-1)}, 0, y.dtype()));
  const Tensor terms = where(wrong, how.p == 1 ? beyond : square(beyond), 0.0);
  Tensor loss = sum(terms, -1) / static_cast<double>(x.size(-1));
  if (how.weight.defined()) {
    (void)losses::over_classes(name, call, how.weight, x, x.rank() - 1);
    loss = loss * gather(how.weight, y, 0);
  }
  return losses::reduced_as(name, call, loss, how.reduction);
}

Tensor multilabel_margin_loss(const Operand& input, const Operand& target, Reduction reduction) {
  constexpr std::string_view name = "multilabel_margin_loss";
  const Call call(name, {input, target});
  const Tensor x = call.as_float(call.tensor(input)), y = call.tensor(target, i64);
  require_classes(call, x, y);
  call.require(y.shape() == x.shape(), "input and target must have one shape");
  const Tensor listed = eq(cumsum(cast(y < 0, i64), -1), 0);
  const Tensor place = where(listed, y, 0);
  const Tensor right =
      scatter(zeros_like(y), place, cast(listed, y.dtype()), -1, "max", x.rank() - 1);
  const Tensor scores = unsqueeze(take_along_dim(x, place, -1), -1);
  const Tensor counts = logical_and(unsqueeze(listed, -1), unsqueeze(eq(right, 0), -2));
  const Tensor terms = where(counts, relu(1 - scores + unsqueeze(x, -2)), 0.0);
  const Tensor loss = sum(terms, {-2, -1}) / static_cast<double>(x.size(-1));
  return losses::reduced_as(name, call, loss, reduction);
}

Tensor multilabel_soft_margin_loss(const Operand& input, const Operand& target,
                                   const Tensor& weight, Reduction reduction) {
  constexpr std::string_view name = "multilabel_soft_margin_loss";
  const Call call(name, {input, target});
  const Tensors both = losses::matched(name, call, input, target);
  call.require(both[0].rank() >= 1, "needs an axis of classes");
  const Tensor elements = binary_cross_entropy_with_logits(both[0], both[1], "none");
  const Tensor loss = mean(losses::weighed(name, call, elements, weight), -1);
  return losses::reduced_as(name, call, loss, reduction);
}

}  // namespace asg
