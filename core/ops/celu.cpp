#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types celu_infer(const Signature& call) {
  call.require_type(call.attributes.number("alpha") > 0, "alpha must be above 0");
  return rules::floats(call);
}

// As elu's, the exponential sees only x <= 0.
Tensors celu_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const double alpha = call.attributes.number("alpha");
  return {where(x > 0, x, alpha * expm1(minimum(x, 0) / alpha))};
}

// Written on x, since the body's minimum would halve the derivative at 0.
Tensors celu_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const double alpha = call.attributes.number("alpha");
  return {call.dy() * where(x > 0, 1, exp(where(x > 0, 0, x) / alpha))};
}

std::vector<Sample> celu_samples() {
  std::vector<Sample> cases =
      unary_samples({-2, 2.1}, [](double x) { return x > 0 ? x : 1.5 * std::expm1(x / 1.5); });
  const double inf = INFINITY, nan = std::nan("");
  cases.push_back(kink({Array({6}, {0.0, 1e30, -1e30, inf, -inf, nan})},
                       Array({6}, {0.0, 1e30, -1.5, inf, -1.5, nan})));
  for (Sample& c : cases) c.attributes = {{"alpha", 1.5}};
  return cases;
}

}  // namespace

Tensor celu(const Operand& x, double alpha) {
  const Call call("celu", {x});
  return call.make("celu", {call.as_float(call.tensor(x))}, {{"alpha", alpha}});
}

namespace ops {
std::vector<OpDef> celu() {
  return {{
      .name = "celu",
      .summary = "x where x > 0, else alpha * (exp(x / alpha) - 1).",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"alpha", AttributeType::number, "minus the value at -infinity, above 0"}},
      .infer = celu_infer,
      .gradient = celu_gradient,
      .decompose = celu_body,
      .source = "https://arxiv.org/abs/1704.07483",
      .samples = celu_samples,
  }};
}
}  // namespace ops

}  // namespace asg
