#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>

#include "ops/loss_rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors mse_loss_body(const OpCall& call) {
  return {losses::reduced(square(call.in(0) - call.in(1)), call.attributes)};
}

std::vector<Sample> mse_loss_samples() {
  const auto options = [](const char* reduction) {
    return Attributes{{"reduction", std::string(reduction)}};
  };
  const Array x({2, 2}, {0.5, -1.0, 2.0, 3.0});
  const Array target({2, 2}, {1.5, -1.5, 0.0, 3.5});
  return {
      {.inputs = {x, target},
       .attributes = options("none"),
       .outputs = {Array({2, 2}, {1.0, 0.25, 4.0, 0.25})}},
      {.inputs = {x, target}, .attributes = options("sum"), .outputs = {Array(5.5)}},
      {.inputs = {x, target}, .attributes = options("mean"), .outputs = {Array(1.375)}},
      {.inputs = {Array(2.0), Array(5.0)}, .attributes = options("mean"), .outputs = {Array(9.0)}},
      {.inputs = {spread({2, 1, 3}, -1, 1, 1), spread({2, 1, 3}, -1, 1, 2)},
       .attributes = options("mean")},
      {.inputs = {Array(f64, {0}), Array(f64, {0})},
       .attributes = options("sum"),
       .outputs = {Array(0.0)}}};
}

}  // namespace

Tensor mse_loss(const Operand& input, const Operand& target, Reduction reduction) {
  const Call call("mse_loss", {input, target});
  return losses::make_elementwise(call, "mse_loss", input, target, reduction);
}

namespace ops {
std::vector<OpDef> mse_loss() {
  return {{
      .name = "mse_loss",
      .summary = "(input - target)^2, reduced.",
      .inputs = {{"input", "[...]", "float"}, {"target", "as input", "as input"}},
      .outputs = {{"loss", "[] or as input", "as input"}},
      .attributes = {{"reduction", AttributeType::text, "none, mean or sum"}},
      .infer = losses::elementwise,
      .decompose = mse_loss_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html",
      .samples = mse_loss_samples,
  }};
}
}  // namespace ops

}  // namespace asg
