#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// A NaN is not below the threshold: it stays in sight.
Tensors threshold_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  return {where(x <= call.attributes.number("threshold"), call.attributes.number("value"), x)};
}

std::vector<Sample> threshold_samples() {
  std::vector<Sample> cases = unary_samples({-2, 2.1}, [](double x) { return x > 0.5 ? x : -3.0; });
  const double inf = INFINITY, nan = std::nan("");
  cases.push_back(kink({Array({6}, {0.5, 1e30, -1e30, inf, -inf, nan})},
                       Array({6}, {-3.0, 1e30, -3.0, inf, -3.0, nan})));
  for (Sample& c : cases) c.attributes = {{"threshold", 0.5}, {"value", -3.0}};
  return cases;
}

}  // namespace

Tensor threshold(const Operand& x, double threshold, double value) {
  const Call call("threshold", {x});
  return call.make("threshold", {call.as_float(call.tensor(x))},
                   {{"threshold", threshold}, {"value", value}});
}

namespace ops {
std::vector<OpDef> threshold() {
  return {{
      .name = "threshold",
      .summary = "x where x > threshold, else value.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"threshold", AttributeType::number, "what x must be above"},
                     {"value", AttributeType::number, "the result where it is not"}},
      .infer = rules::floats,
      .decompose = threshold_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.Threshold.html",
      .samples = threshold_samples,
  }};
}
}  // namespace ops

}  // namespace asg
