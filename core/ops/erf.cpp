#include <cmath>
#include <numbers>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include <asg/sdk/backend.h>

#include "ops/polynomial.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// f32: erf(x) = tanh(x * P(x^2)), with 1e-7 of relative error. Where erf nears 1 the tangent damps
// all errors of the polynomial, and it ends at 1 exactly.
constexpr double p_f32[] = {1.1283792,    0.10276906,    -0.0001918381, -0.000619779,
                            8.7635395e-5, -5.6681911e-6, 1.4183752e-7};
// f64: erf(x) = x * P(x^2) / Q(x^2), fitted up to 6, where erf has become 1, with 4.7e-17 of
// relative error. All coefficients are positive, so nothing cancels. At the limit the quotient is
// well above 1, whatever its rounding: then it is cut off.
constexpr double limit_f64 = 6.2;
constexpr double p_f64[] = {1.1283791670955126,     0.22140086285191607,    0.06633822993318961,
                            0.006956427055704393,   0.0008616800834771578,  5.7697528107115e-05,
                            3.940832588247288e-06,  1.7211064369787407e-07, 6.8341460514585225e-09,
                            1.7428793121187777e-10, 3.3249347352598184e-12, 2.172270736766331e-14,
                            1.5085974141087315e-17};
constexpr double q_f64[] = {1.0,
                            0.5295447393111712,
                            0.1353056386574386,
                            0.02212190239235664,
                            0.002585626139363275,
                            0.00022836080975671826,
                            1.5679747424810852e-05,
                            8.458341004461089e-07,
                            3.5627485499056954e-08,
                            1.1383404961394813e-09,
                            2.5689461362745307e-11,
                            3.2700432867877596e-13,
                            8.561254367689794e-16};

Tensors erf_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  if (x.dtype() == f32) return {tanh(x * polynomial(square(x), p_f32))};
  const Tensor limited = minimum(maximum(x, -limit_f64), limit_f64);
  const Tensor s = square(limited);
  const Tensor y = limited * polynomial(s, p_f64) / polynomial(s, q_f64);
  return {minimum(maximum(y, -1), 1)};
}

// 2 / sqrt(pi) * exp(-x^2)
Tensors erf_gradient(const GradientCall& call) {
  return {call.dy() * (2 * std::numbers::inv_sqrtpi) * exp(-square(call.in(0)))};
}

std::vector<Sample> erf_samples() {
  std::vector<Sample> cases = unary_samples({-3, 3}, [](double x) { return std::erf(x); });
  const Array wide = spread({64}, -7, 7, 3);
  cases.push_back({.inputs = {wide},
                   .outputs = {mapped(wide, [](double x) { return std::erf(x); })},
                   .tolerance = 1e-14});
  const double inf = INFINITY;
  cases.push_back(kink({Array({5}, {0.0, -1e-300, inf, -inf, std::nan("")})},
                       Array({5}, {0.0, -1.1283791670955126e-300, 1.0, -1.0, std::nan("")})));
  return cases;
}

}  // namespace

Tensor erf(const Operand& x) { return float_elementwise("erf", {x}); }

namespace ops {
std::vector<OpDef> erf() {
  return {{
      .name = "erf",
      .summary = "The error function, 2/sqrt(pi) * integral of exp(-t^2) from 0 to x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = erf_gradient,
      .decompose = erf_body,
      .lowering = {.instruction = ASG_EW_ERF},
      .source = "https://onnx.ai/onnx/operators/onnx__Erf.html",
      .samples = erf_samples,
  }};
}
}  // namespace ops

}  // namespace asg
