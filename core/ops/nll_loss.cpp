#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>

#include "ops/loss_rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types nll_loss_infer(const Signature& call) {
  return {{call.dtype(0), losses::result(call, losses::class_elements(call, 0))}};
}

Tensors nll_loss_body(const OpCall& call) {
  const Tensor& target = call.in(1);
  const Tensor loss = -losses::at_target(call.in(0), target, call.attributes);
  return {losses::reduced_counted(loss, losses::counted(target, call.attributes), call.attributes)};
}

Attributes nll_loss_options(int axis, const char* reduction) {
  return {
      {"axis", axis}, {"ignore_index", std::int64_t{-100}}, {"reduction", std::string(reduction)}};
}

std::vector<Sample> nll_loss_samples() {
  const Array x({2, 3}, {-0.5, -1.0, -2.0, -3.0, -0.25, -4.0});
  const Array target({2}, std::vector<std::int64_t>{2, 1});
  const Array ignored({2}, std::vector<std::int64_t>{-100, 1});
  return {
      {.inputs = {x, target},
       .attributes = nll_loss_options(1, "none"),
       .outputs = {Array({2}, {2.0, 0.25})}},
      {.inputs = {x, target}, .attributes = nll_loss_options(1, "mean"), .outputs = {Array(1.125)}},
      {.inputs = {x, ignored}, .attributes = nll_loss_options(1, "mean"), .outputs = {Array(0.25)}},
      {.inputs = {x, ignored},
       .attributes = nll_loss_options(1, "none"),
       .outputs = {Array({2}, {0.0, 0.25})}},
      {.inputs = {Array({3}, {-1.0, -2.0, -3.0}), Array(std::int64_t{1})},
       .attributes = nll_loss_options(0, "sum"),
       .outputs = {Array(2.0)}},
      {.inputs = {spread({2, 3, 4}, -3, 0),
                  Array({2, 4}, std::vector<std::int32_t>{0, 1, 2, 2, 1, 0, 0, 1})},
       .attributes = nll_loss_options(1, "sum")}};
}

}  // namespace

Tensor nll_loss(const Operand& log_probabilities, const Operand& target, const NllOptions& how) {
  const Call call("nll_loss", {log_probabilities, target});
  const Tensor x = call.as_float(call.tensor(log_probabilities));
  const Tensor classes = call.tensor(target, i64);
  const int axis = losses::class_axis(call, how.axis, x.rank());
  const auto loss = [&](Reduction reduction) {
    return call.make("nll_loss", {x, classes},
                     {{"axis", axis},
                      {"ignore_index", how.ignore_index},
                      {"reduction", std::string(reduction)}});
  };
  if (!how.weight.defined()) return loss(how.reduction);
  (void)losses::over_classes("nll_loss", call, how.weight, x, axis);
  const Tensor elements = loss("none");
  const Tensor weights = losses::of_target(how.weight, classes, how.ignore_index);
  return losses::reduced_by("nll_loss", call, elements * weights, weights, how.reduction);
}

namespace ops {
std::vector<OpDef> nll_loss() {
  return {{
      .name = "nll_loss",
      .summary = "Minus the log-probability of the class that the target names.",
      .inputs = {{"log_probabilities", "[..., C, ...]", "float"},
                 {"target", "[...]", "i32 or i64"}},
      .outputs = {{"loss", "[] or as target", "as log_probabilities"}},
      .attributes = {{"axis", AttributeType::integer, "the axis of the classes"},
                     {"ignore_index", AttributeType::integer,
                      "targets of this value count for nothing"},
                     {"reduction", AttributeType::text,
                      "none, mean (over the targets that count) or sum"}},
      .infer = nll_loss_infer,
      .decompose = nll_loss_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html",
      .samples = nll_loss_samples,
  }};
}
}  // namespace ops

}  // namespace asg
