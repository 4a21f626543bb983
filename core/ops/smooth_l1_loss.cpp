#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>

#include "ops/loss_rules.hpp"
#include "ops/operand_rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types smooth_l1_loss_infer(const Signature& call) {
  call.require_type(call.attributes.number("beta") > 0, "beta must be above 0");
  return losses::elementwise(call);
}

// With near = min(d, beta): near / beta * (d - near / 2), which overflows nowhere.
Tensors smooth_l1_loss_body(const OpCall& call) {
  const double beta = call.attributes.number("beta");
  const Tensor distance = abs(call.in(0) - call.in(1));
  const Tensor near = minimum(distance, beta);
  return {losses::reduced(near / beta * (distance - near / 2), call.attributes)};
}

Tensors smooth_l1_loss_gradient(const GradientCall& call) {
  const double beta = call.attributes.number("beta");
  const Shape shape = call.in(0).shape();
  const Tensor slope = clamp(call.in(0) - call.in(1), -beta, beta) / beta;
  const Tensor dx = slope * losses::spread_back(call.dy(), shape, call.attributes);
  return {dx, -dx};
}

// The formula of the definition.
double smooth_l1_loss_expected(double x, double t) {
  const double d = std::abs(x - t);
  return d < 0.75 ? d * d / 1.5 : d - 0.375;
}

std::vector<Sample> smooth_l1_loss_samples() {
  const auto options = [](double beta, const char* reduction) {
    return Attributes{{"beta", beta}, {"reduction", std::string(reduction)}};
  };
  std::vector<Sample> result = binary_samples({-2, 2}, {-1, 1}, smooth_l1_loss_expected);
  for (Sample& c : result) c.attributes = options(0.75, "none");
  const Array x({2, 2}, {0.5, -1.0, 2.0, 3.0}), target({2, 2}, {1.5, -1.5, 0.0, 3.25});
  result.push_back(
      {.inputs = {x, target}, .attributes = options(1.5, "sum"), .outputs = {Array(1.6875)}});
  result.push_back(
      {.inputs = {x, target}, .attributes = options(1.5, "mean"), .outputs = {Array(1.6875 / 4)}});
  const double inf = INFINITY;
  // At the bend, and beyond every square.
  Sample extreme = kink({Array({4}, {1.0, 1e30, -1e30, inf}), Array({4}, {0.0, 0.0, 1.0, 0.0})},
                        Array({4}, {0.5, 1e30, 1e30, inf}));
  extreme.attributes = options(1, "none");
  result.push_back(extreme);
  return result;
}

}  // namespace

Tensor smooth_l1_loss(const Operand& input, const Operand& target, double beta,
                      Reduction reduction) {
  const Call call("smooth_l1_loss", {input, target});
  if (beta == 0) return losses::make_elementwise(call, "l1_loss", input, target, reduction);
  return losses::make_elementwise(call, "smooth_l1_loss", input, target, reduction,
                                  {{"beta", beta}});
}

Tensor huber_loss(const Operand& input, const Operand& target, double delta, Reduction reduction) {
  const Call call("huber_loss", {input, target});
  operands::require_positive("huber_loss", call, "delta", delta);
  return delta * losses::make_elementwise(call, "smooth_l1_loss", input, target, reduction,
                                          {{"beta", delta}});
}

namespace ops {
std::vector<OpDef> smooth_l1_loss() {
  return {{
      .name = "smooth_l1_loss",
      .summary = "d^2 / (2 beta) where d = |input - target| is below beta, else d - beta / 2; "
                 "reduced.",
      .inputs = {{"input", "[...]", "float"}, {"target", "as input", "as input"}},
      .outputs = {{"loss", "[] or as input", "as input"}},
      .attributes = {{"beta", AttributeType::number, "where the square ends, above 0"},
                     {"reduction", AttributeType::text, "none, mean or sum"}},
      .infer = smooth_l1_loss_infer,
      .gradient = smooth_l1_loss_gradient,
      .decompose = smooth_l1_loss_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html",
      .samples = smooth_l1_loss_samples,
  }};
}
}  // namespace ops

}  // namespace asg
