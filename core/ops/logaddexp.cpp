#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// a - b, where equal infinities differ by nothing. Equal finite ones stay, for their derivatives.
Tensor logaddexp_difference(const Tensor& a, const Tensor& b) {
  const Tensor same = logical_and(eq(a, b), logical_not(is_finite(a)));
  return where(same, 0, a) - where(same, 0, b);
}

Tensors logaddexp_body(const OpCall& call) {
  const Tensor& a = call.in(0);
  const Tensor& b = call.in(1);
  return {maximum(a, b) + log1p(exp(-abs(logaddexp_difference(a, b))))};
}

// The share of each; 0 where both are -inf, as in logsumexp.
Tensors logaddexp_gradient(const GradientCall& call) {
  const Tensor difference = logaddexp_difference(call.in(0), call.in(1));
  const Tensor dy = where(eq(call.out(), -INFINITY), 0, call.dy());
  return {dy * sigmoid(difference), dy * sigmoid(-difference)};
}

std::vector<Sample> logaddexp_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(
      binary_samples({-3, 3}, {-3, 3},
                     [](double a, double b) { return std::log(std::exp(a) + std::exp(b)); }),
      {{.inputs = {Array({2}, {1.0, -30.0}), Array({2}, {1.0, -30.0})},
        .outputs = {Array({2}, {1 + std::log(2.0), std::log(2.0) - 30})}},
       kink({Array({6}, {inf, -inf, inf, 1e30, nan, -inf}),
             Array({6}, {inf, -inf, -inf, -1e30, 0.0, 2.0})},
            Array({6}, {inf, -inf, inf, 1e30, nan, 2.0}))});
}

}  // namespace

Tensor logaddexp(const Operand& a, const Operand& b) {
  return float_elementwise("logaddexp", {a, b});
}

namespace ops {
std::vector<OpDef> logaddexp() {
  return {{
      .name = "logaddexp",
      .summary = "log(exp(a) + exp(b)), without overflow.",
      .inputs = {{"a", "[...]", "float"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::floats,
      .gradient = logaddexp_gradient,
      .decompose = logaddexp_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.logaddexp.html",
      .samples = logaddexp_samples,
  }};
}
}  // namespace ops

}  // namespace asg
