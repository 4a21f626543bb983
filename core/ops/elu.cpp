#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// The exponential sees only x <= 0: it cannot overflow where its result is not wanted.
Tensors elu_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor below = call.attributes.number("alpha") * expm1(minimum(x, 0));
  return {where(x > 0, x, below)};
}

// Written on x, since the body's minimum would halve the derivative at 0.
Tensors elu_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const double alpha = call.attributes.number("alpha");
  return {call.dy() * where(x > 0, 1, alpha * exp(where(x > 0, 0, x)))};
}

std::vector<Sample> elu_samples() {
  std::vector<Sample> cases =
      unary_samples({-2, 2.1}, [](double x) { return x > 0 ? x : 1.5 * std::expm1(x); });
  for (Sample& c : cases) c.attributes = {{"alpha", 1.5}};
  Sample large = kink({Array({3}, {0.0, 1000.0, -1000.0})}, Array({3}, {0.0, 1000.0, -0.5}));
  large.attributes = {{"alpha", 0.5}};
  return joined(cases, {large});
}

}  // namespace

Tensor elu(const Operand& x, double alpha) {
  const Call call("elu", {x});
  return call.make("elu", {call.as_float(call.tensor(x))}, {{"alpha", alpha}});
}

namespace ops {
std::vector<OpDef> elu() {
  return {{
      .name = "elu",
      .summary = "x where x > 0, else alpha * (exp(x) - 1).",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"alpha", AttributeType::number, "minus the value at -infinity"}},
      .infer = rules::floats,
      .gradient = elu_gradient,
      .decompose = elu_body,
      .source = "https://arxiv.org/abs/1511.07289",
      .samples = elu_samples,
  }};
}
}  // namespace ops

}  // namespace asg
