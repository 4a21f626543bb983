#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types softplus_infer(const Signature& call) {
  call.require_type(call.attributes.number("beta") > 0, "beta must be above 0");
  return rules::floats(call);
}

// log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|))
Tensors softplus_body(const OpCall& call) {
  const double beta = call.attributes.number("beta");
  const Tensor z = beta * call.in(0);
  return {(maximum(z, 0) + log1p(exp(-abs(z)))) / beta};
}

Tensors softplus_gradient(const GradientCall& call) {
  return {call.dy() * sigmoid(call.attributes.number("beta") * call.in(0))};
}

std::vector<Sample> softplus_samples() {
  std::vector<Sample> cases =
      unary_samples({-4, 4}, [](double x) { return std::log1p(std::exp(2 * x)) / 2; });
  for (Sample& c : cases) c.attributes = {{"beta", 2.0}};
  Sample large =
      kink({Array({4}, {0.0, 1e30, -1e30, -800.0})}, Array({4}, {std::log(2.0), 1e30, 0.0, 0.0}));
  large.attributes = {{"beta", 1.0}};
  return joined(cases, {large});
}

}  // namespace

Tensor softplus(const Operand& x, double beta) {
  const Call call("softplus", {x});
  return call.make("softplus", {call.as_float(call.tensor(x))}, {{"beta", beta}});
}

namespace ops {
std::vector<OpDef> softplus() {
  return {{
      .name = "softplus",
      .summary = "log(1 + exp(beta * x)) / beta, without overflow.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"beta", AttributeType::number, "how sharp the bend is, above 0"}},
      .infer = softplus_infer,
      .gradient = softplus_gradient,
      .decompose = softplus_body,
      .source = "https://onnx.ai/onnx/operators/onnx__Softplus.html",
      .samples = softplus_samples,
  }};
}
}  // namespace ops

}  // namespace asg
