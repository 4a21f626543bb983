#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>

#include "ops/loss_rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors l1_loss_body(const OpCall& call) {
  return {losses::reduced(abs(call.in(0) - call.in(1)), call.attributes)};
}

std::vector<Sample> l1_loss_samples() {
  const auto options = [](const char* reduction) {
    return Attributes{{"reduction", std::string(reduction)}};
  };
  const Array x({2, 2}, {0.5, -1.0, 2.0, 3.0});
  const Array target({2, 2}, {1.5, -1.5, 0.0, 3.5});
  return {
      {.inputs = {x, target},
       .attributes = options("none"),
       .outputs = {Array({2, 2}, {1.0, 0.5, 2.0, 0.5})}},
      {.inputs = {x, target}, .attributes = options("sum"), .outputs = {Array(4.0)}},
      {.inputs = {x, target}, .attributes = options("mean"), .outputs = {Array(1.0)}},
      {.inputs = {Array(2.0), Array(5.0)}, .attributes = options("mean"), .outputs = {Array(3.0)}},
      {.inputs = {spread({2, 1, 3}, -1, 1, 1), spread({2, 1, 3}, -1, 1, 2)},
       .attributes = options("mean")},
      {.inputs = {Array(f64, {0}), Array(f64, {0})},
       .attributes = options("sum"),
       .outputs = {Array(0.0)}}};
}

}  // namespace

Tensor l1_loss(const Operand& input, const Operand& target, Reduction reduction) {
  const Call call("l1_loss", {input, target});
  return losses::make_elementwise(call, "l1_loss", input, target, reduction);
}

namespace ops {
std::vector<OpDef> l1_loss() {
  return {{
      .name = "l1_loss",
      .summary = "|input - target|, reduced.",
      .inputs = {{"input", "[...]", "float"}, {"target", "as input", "as input"}},
      .outputs = {{"loss", "[] or as input", "as input"}},
      .attributes = {{"reduction", AttributeType::text, "none, mean or sum"}},
      .infer = losses::elementwise,
      .decompose = l1_loss_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html",
      .samples = l1_loss_samples,
  }};
}
}  // namespace ops

}  // namespace asg
