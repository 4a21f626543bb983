#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>

#include "ops/loss_rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

constexpr double least_log = -100;      // of a probability, as PyTorch has it
constexpr double least_spread = 1e-12;  // of input * (1 - input) in the gradient

Tensors binary_cross_entropy_body(const OpCall& call) {
  const Tensor &x = call.in(0), &t = call.in(1);
  const Tensor loss = (t - 1) * maximum(log1p(-x), least_log) - t * maximum(log(x), least_log);
  return {losses::reduced(loss, call.attributes)};
}

Tensors binary_cross_entropy_gradient(const GradientCall& call) {
  const Tensor &x = call.in(0), &t = call.in(1);
  const Shape shape = x.shape();
  const Tensor g = losses::spread_back(call.dy(), shape, call.attributes);
  return {(x - t) / maximum((1 - x) * x, least_spread) * g,
          (maximum(log1p(-x), least_log) - maximum(log(x), least_log)) * g};
}

double binary_cross_entropy_expected(double x, double t) {
  return -t * std::log(x) - (1 - t) * std::log(1 - x);
}

std::vector<Sample> binary_cross_entropy_samples() {
  const auto options = [](const char* reduction) {
    return Attributes{{"reduction", std::string(reduction)}};
  };
  std::vector<Sample> result = binary_samples({0.1, 0.9}, {0, 1}, binary_cross_entropy_expected);
  for (Sample& c : result) c.attributes = options("none");
  const Array x({3}, {0.25, 0.5, 0.75}), t({3}, {0.0, 0.5, 1.0});
  const double total = std::log(2.0) - 2 * std::log(0.75);
  result.push_back({.inputs = {x, t}, .attributes = options("sum"), .outputs = {Array(total)}});
  result.push_back(
      {.inputs = {x, t}, .attributes = options("mean"), .outputs = {Array(total / 3)}});
  // What is impossible and happens costs 100; what is certain and happens nothing.
  Sample extreme = kink(
      {Array({6}, {0.0, 1.0, 0.0, 1.0, -0.5, 1.5}), Array({6}, {1.0, 0.0, 0.0, 1.0, 1.0, 0.0})},
      Array({6}, {100.0, 100.0, 0.0, 0.0, std::nan(""), std::nan("")}));
  extreme.attributes = options("none");
  result.push_back(extreme);
  return result;
}

}  // namespace

Tensor binary_cross_entropy(const Operand& input, const Operand& target,
                            const BinaryCrossEntropyOptions& how) {
  constexpr std::string_view name = "binary_cross_entropy";
  const Call call(name, {input, target});
  if (how.pos_weight.defined())
    call.fail("a pos_weight is for logits: see binary_cross_entropy_with_logits");
  if (!how.weight.defined())
    return losses::make_elementwise(call, name, input, target, how.reduction);
  const Tensor elements = losses::make_elementwise(call, name, input, target, "none");
  return losses::reduced_as(name, call, losses::weighed(name, call, elements, how.weight),
                            how.reduction);
}

namespace ops {
std::vector<OpDef> binary_cross_entropy() {
  return {{
      .name = "binary_cross_entropy",
      .summary = "-target * log(x) - (1 - target) * log(1 - x) with logarithms of -100 at least, "
                 "reduced.",
      .inputs = {{"x", "[...]", "float"}, {"target", "as x", "as x"}},
      .outputs = {{"loss", "[] or as x", "as x"}},
      .attributes = {{"reduction", AttributeType::text, "none, mean or sum"}},
      .infer = losses::elementwise,
      .gradient = binary_cross_entropy_gradient,
      .decompose = binary_cross_entropy_body,
      .source = "https://pytorch.org/docs/stable/generated/"
                "torch.nn.functional.binary_cross_entropy.html",
      .samples = binary_cross_entropy_samples,
  }};
}
}  // namespace ops

}  // namespace asg
