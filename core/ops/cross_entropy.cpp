#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/loss_rules.hpp"
#include "ops/operand_rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Shape elements(const Signature& call, std::size_t logits) {
  const double smoothing = call.attributes.number("label_smoothing");
  call.require_type(smoothing >= 0 && smoothing <= 1, "label_smoothing must be in [0, 1]");
  return losses::class_elements(call, logits);
}

// Inputs logits, target.
Types cross_entropy_infer(const Signature& call) {
  return {{call.dtype(0), losses::result(call, elements(call, 0))}};
}

// The difference to the largest logit is exact, whatever its size, and log(sum(exp)) of the
// differences is small: two equal logits of 1e30 have a loss of log(2), not 0.
Tensors cross_entropy_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor& target = call.in(1);
  const int axis = call.attributes.axis("axis");
  const double smoothing = call.attributes.number("label_smoothing");
  const Tensor largest = stop_gradient(max(x, axis, true));
  const Tensor shifted = x - largest;
  const Tensor total = log(sum(exp(shifted), axis));
  // The target's element of `shifted`, which need not be in memory for it.
  const Tensor hit = losses::at_target(x, target, call.attributes) - squeeze(largest, axis);
  Tensor loss = total - hit;
  if (smoothing > 0) loss = (1 - smoothing) * loss + smoothing * (total - mean(shifted, axis));
  return {losses::reduced_counted(loss, losses::counted(target, call.attributes), call.attributes)};
}

Tensors cross_entropy_gradient(const GradientCall& call) {
  return {apply(find_op("cross_entropy_backward"), {call.dy(), call.in(0), call.in(1)},
                call.attributes),
          {}};
}

// Inputs dy, logits, target.
Types cross_entropy_infer_backward(const Signature& call) {
  const Shape shape = elements(call, 1);
  call.require(call.in(0) == TensorType{call.dtype(1), losses::result(call, shape)},
               "dy must have the type of the loss");
  return {call.in(1)};
}

// dy * (softmax - (1 - smoothing) * one_hot - smoothing / classes)
Tensors cross_entropy_backward(const OpCall& call) {
  const Tensor& x = call.in(1);
  const Tensor& target = call.in(2);
  const int axis = call.attributes.axis("axis");
  const double smoothing = call.attributes.number("label_smoothing");
  const std::int64_t classes = x.shape()[axis];
  Shape along(Ints(static_cast<std::size_t>(x.rank()), 1));
  along[axis] = classes;
  const Tensor hit = eq(unsqueeze(target, axis), iota(x.graph(), along, axis, target.dtype()));
  const double rest = smoothing / static_cast<double>(classes);
  const Tensor wanted = where(hit, full_like(x, 1 - smoothing + rest), rest);
  const Tensor counted = losses::counted(target, call.attributes);
  const Tensor g = losses::spread_back_counted(call.in(0), counted, x.dtype(), call.attributes);
  const Tensor dx = unsqueeze(g, axis) * (softmax(x, axis) - wanted);
  return {where(unsqueeze(counted, axis), dx, 0)};
}

Attributes cross_entropy_options(int axis, double smoothing, Reduction reduction,
                                 std::int64_t ignore_index = -100) {
  return {{"axis", axis},
          {"label_smoothing", smoothing},
          {"ignore_index", ignore_index},
          {"reduction", std::string(reduction)}};
}

// torch.nn.functional.cross_entropy and its gradient in float64.
std::vector<Sample> cross_entropy_samples() {
  const Array x({3, 4}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  const Array target({3}, std::vector<std::int64_t>{2, 0, 1});
  const Array ignored({3}, std::vector<std::int64_t>{2, -100, 1});
  const Array images({1, 2, 2, 3},
                     {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  const Array pixels({1, 2, 3}, std::vector<std::int64_t>{0, 1, 1, 0, 0, 1});
  std::vector<Sample> result = {
      {.inputs = {x, target},
       .attributes = cross_entropy_options(1, 0, "none"),
       .outputs = {Array({3}, {1.3840917012886902, 0.11630457316449716, 0.0026440632923255005})}},
      {.inputs = {x, ignored},
       .attributes = cross_entropy_options(1, 0, "none"),
       .outputs = {Array({3}, {1.3840917012886902, 0.0, 0.0026440632923255005})}},
      {.inputs = {x, target},
       .attributes = cross_entropy_options(1, 0.1, "none"),
       .outputs = {Array({3}, {1.4715917012886903, 0.4100545731644971, 0.6276440632923256})}},
      {.inputs = {x, ignored},
       .attributes = cross_entropy_options(1, 0.1, "none"),
       .outputs = {Array({3}, {1.4715917012886903, 0.0, 0.6276440632923256})}},
      {.inputs = {x, target},
       .attributes = cross_entropy_options(1, 0, "mean"),
       .outputs = {Array(0.5010134459151709)}},
      {.inputs = {x, ignored},
       .attributes = cross_entropy_options(1, 0, "mean"),
       .outputs = {Array(0.6933678822905078)}},
      {.inputs = {x, target},
       .attributes = cross_entropy_options(1, 0.1, "mean"),
       .outputs = {Array(0.8364301125818376)}},
      {.inputs = {x, ignored},
       .attributes = cross_entropy_options(1, 0.1, "mean"),
       .outputs = {Array(1.049617882290508)}},
      {.inputs = {x, target},
       .attributes = cross_entropy_options(1, 0, "sum"),
       .outputs = {Array(1.5030403377455128)}},
      {.inputs = {x, ignored},
       .attributes = cross_entropy_options(1, 0, "sum"),
       .outputs = {Array(1.3867357645810157)}},
      {.inputs = {x, target},
       .attributes = cross_entropy_options(1, 0.1, "sum"),
       .outputs = {Array(2.5092903377455134)}},
      {.inputs = {x, ignored},
       .attributes = cross_entropy_options(1, 0.1, "sum"),
       .outputs = {Array(2.099235764581016)}},
      {.inputs = {images, pixels},
       .attributes = cross_entropy_options(1, 0.1, "mean", 1),
       .outputs = {Array(1.2711763605374466)}},
      {.inputs = {Array({4}, {0.5, -1.0, 2.0, 3.0}), Array(std::int64_t{1})},
       .attributes = cross_entropy_options(0, 0, "mean"),
       .outputs = {Array(4.38409170128869)}},
      {.inputs = {spread({2, 3, 4}, -3, 3),
                  Array({2, 3}, std::vector<std::int32_t>{0, 3, 2, 2, 1, 0})},
       .attributes = cross_entropy_options(2, 0.2, "sum")},
      {.inputs = {spread({2, 1}), Array({2}, std::vector<std::int64_t>{0, 0})},
       .attributes = cross_entropy_options(1, 0, "mean"),
       .outputs = {Array(0.0)}},
      {.inputs = {Array(f64, {0, 3}), Array(i64, {0})},
       .attributes = cross_entropy_options(1, 0, "sum"),
       .outputs = {Array(0.0)}}};
  const double inf = INFINITY;
  Sample extreme = kink({Array({3, 2}, {1e30, 1e30, 1e30, -1e30, 0.0, -inf}),
                         Array({3}, std::vector<std::int64_t>{0, 1, 0})},
                        Array({3}, {std::log(2.0), 2e30, 0.0}));
  extreme.attributes = cross_entropy_options(1, 0, "none");
  Sample nothing = kink({Array({1, 2}, {1.0, 2.0}), Array({1}, std::vector<std::int64_t>{7})},
                        Array(std::nan("")));
  nothing.attributes = cross_entropy_options(1, 0, "mean", 7);
  result.push_back(extreme);
  result.push_back(nothing);
  return result;
}

std::vector<Sample> cross_entropy_backward_samples() {
  const Array x({3, 4}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  const Array ignored({3}, std::vector<std::int64_t>{2, -100, 1});
  const double inf = INFINITY;
  Sample extreme = kink({Array(3.0), Array({3, 2}, {1e30, 1e30, 1e30, -1e30, 0.0, -inf}),
                         Array({3}, std::vector<std::int64_t>{0, 1, 0})},
                        Array({3, 2}, {-1.5, 1.5, 3.0, -3.0, 0.0, 0.0}));
  extreme.attributes = cross_entropy_options(1, 0, "sum");
  return {{.inputs = {Array(2.0), x, ignored},
           .attributes = cross_entropy_options(1, 0.1, "mean"),
           .outputs = {Array({3, 4},
                             {0.030905545417102075, -0.012525786697896692, -0.6744487281328853,
                              0.6560689694136799, 0.0, 0.0, 0.0, 0.0, -0.02495471995196799,
                              0.0723594291642512, -0.024876916068242837, -0.022527793144040395})}},
          {.inputs = {Array(2.0), x, ignored},
           .attributes = cross_entropy_options(1, 0, "sum"),
           .outputs = {Array(
               {3, 4}, {0.11181109083420415, 0.024948426604206618, -1.4988974562657704,
                        1.3621379388273598, 0.0, 0.0, 0.0, 0.0, 9.056009606401793e-05,
                        -0.0052811416714975135, 0.0002461678635143254, 0.00494441371191921})}},
          {.inputs = {Array({3}, {2.0, 3.0, -1.0}), x, ignored},
           .attributes = cross_entropy_options(1, 0.1, "none"),
           .outputs = {Array({3, 4},
                             {0.06181109083420415, -0.025051573395793385, -1.3488974562657705,
                              1.3121379388273597, 0.0, 0.0, 0.0, 0.0, 0.02495471995196799,
                              -0.0723594291642512, 0.024876916068242837, 0.022527793144040395})}},
          {.inputs = {spread({2, 3}, -1, 1, 1), spread({2, 4, 3}, -3, 3, 2),
                      Array({2, 3}, std::vector<std::int32_t>{0, 3, 2, 2, 1, 0})},
           .attributes = cross_entropy_options(1, 0.2, "none", 2)},
          extreme};
}

// Targets that are distributions. An impossible class may have a logit of -inf.
Tensor cross_entropy_soft(const Call& call, const Tensor& x, const Tensor& target, int axis,
                          const CrossEntropyOptions& how) {
  (void)operands::of_one_float("cross_entropy", call, {x, target});
  operands::require_probability("cross_entropy", call, "label_smoothing", how.label_smoothing);
  call.require(x.shape() == target.shape(), "a float target must have the shape of the logits");
  const double smoothing = how.label_smoothing;
  const Tensor wanted =
      smoothing == 0 ? target
                     : target * (1 - smoothing) + smoothing / static_cast<double>(x.size(axis));
  const Tensor scores = log_softmax(x, axis);
  const Tensor possible = logical_or(ne(scores, -INFINITY), ne(wanted, 0));
  Tensor terms = wanted * where(possible, scores, 0);
  if (how.weight.defined())
    terms = terms * losses::over_classes("cross_entropy", call, how.weight, x, axis);
  return losses::reduced_as("cross_entropy", call, -sum(terms, axis), how.reduction);
}

// What is smoothed has the weights of all classes; the mean is over those of the targets.
Tensor cross_entropy_weighted(const Call& call, const Tensor& x, const Tensor& target, int axis,
                              const CrossEntropyOptions& how) {
  operands::require_probability("cross_entropy", call, "label_smoothing", how.label_smoothing);
  const Tensor weight = losses::over_classes("cross_entropy", call, how.weight, x, axis);
  const Tensor of_target = losses::of_target(how.weight, target, how.ignore_index);
  const double smoothing = how.label_smoothing;
  Tensor loss = of_target * call.make("cross_entropy", {x, target},
                                      cross_entropy_options(axis, 0, "none", how.ignore_index));
  if (smoothing > 0) {
    const Tensor all = -sum(log_softmax(x, axis) * weight, axis);
    loss = (1 - smoothing) * loss + smoothing / static_cast<double>(x.size(axis)) *
                                        where(ne(target, how.ignore_index), all, 0);
  }
  return losses::reduced_by("cross_entropy", call, loss, of_target, how.reduction);
}

}  // namespace

Tensor cross_entropy(const Operand& logits, const Operand& target, const CrossEntropyOptions& how) {
  const Call call("cross_entropy", {logits, target});
  const Tensor x = call.as_float(call.tensor(logits));
  const int axis = losses::class_axis(call, how.axis, x.rank());
  const Tensor classes = call.tensor(target, i64);
  if (is_float(classes.dtype())) return cross_entropy_soft(call, x, classes, axis, how);
  if (how.weight.defined()) return cross_entropy_weighted(call, x, classes, axis, how);
  return call.make(
      "cross_entropy", {x, classes},
      cross_entropy_options(axis, how.label_smoothing, how.reduction, how.ignore_index));
}

namespace ops {
std::vector<OpDef> cross_entropy() {
  const std::vector<AttributeDef> attributes = {
      {"axis", AttributeType::integer, "the axis of the classes"},
      {"label_smoothing", AttributeType::number,
       "the share of each target that goes to all classes alike"},
      {"ignore_index", AttributeType::integer, "targets of this value count for nothing"},
      {"reduction", AttributeType::text, "none, mean (over the targets that count) or sum"}};
  return {
      {
          .name = "cross_entropy",
          .summary = "-log(softmax(logits)) at the class that the target names.",
          .inputs = {{"logits", "[..., C, ...]", "float"}, {"target", "[...]", "i32 or i64"}},
          .outputs = {{"loss", "[] or as target", "as logits"}},
          .attributes = attributes,
          .infer = cross_entropy_infer,
          .gradient = cross_entropy_gradient,
          .decompose = cross_entropy_body,
          .source =
              "https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html",
          .samples = cross_entropy_samples,
      },
      {
          .name = "cross_entropy_backward",
          .summary = "dy * (softmax(logits) - one_hot(target)), with the target smoothed.",
          .inputs = {{"dy", "[] or as target", "float"},
                     {"logits", "[..., C, ...]", "as dy"},
                     {"target", "[...]", "i32 or i64"}},
          .outputs = {{"dlogits", "as logits", "as dy"}},
          .attributes = attributes,
          .infer = cross_entropy_infer_backward,
          .decompose = cross_entropy_backward,
          .samples = cross_entropy_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
