#include <cmath>
#include <numbers>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/polynomial.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// erfinv(x) / x with w = -log(1 - x^2): up to the bend a quotient of polynomials in w, from there
// on of polynomials in sqrt(w) - sqrt(bend), within 5e-8. All terms are positive: nothing cancels.
constexpr double erfinv_bend = 6.25, root_of_bend = 2.5;
constexpr double erfinv_near_p[] = {0.886226928691692,      0.2842593177845521,
                                    0.05080217388769989,    0.006037016733415807,
                                    0.00043006671051143023, 1.0194477005394957e-05};
constexpr double erfinv_near_q[] = {1.0, 0.05895302160883999, 0.028857588483946393,
                                    0.0011250436701132841, 0.00011311853374313222};
constexpr double erfinv_far_p[] = {2.335945478132783,  3.385136770984596,  3.5774357808297994,
                                   2.9197665709124845, 1.0294156706192443, 0.09555508970594942};
constexpr double erfinv_far_q[] = {1.0, 1.0286503864160956, 1.0838040016586574, 0.7923977868365073,
                                   0.09554132224368264};

constexpr double half_root_pi = 0.5 / std::numbers::inv_sqrtpi;

// Halley's step, which triples the digits. Of small numbers erf keeps the digits, of those near 1
// the complement.
Tensor erfinv_step(const Tensor& y, const Tensor& a) {
  const Tensor error = where(a < 0.5, erf(y) - a, (1 - a) - erfc(y));
  const Tensor u = error * half_root_pi * exp(square(y));
  return y - u / (y * u + 1);
}

Tensors erfinv_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor a = abs(x);
  const Tensor w = -log((1 - a) * (a + 1));
  const Tensor s = sqrt(maximum(w, erfinv_bend)) - root_of_bend;
  const Tensor ratio =
      where(w < erfinv_bend, polynomial(w, erfinv_near_p) / polynomial(w, erfinv_near_q),
            polynomial(s, erfinv_far_p) / polynomial(s, erfinv_far_q));
  Tensor y = a * ratio;
  if (x.dtype() != f32) y = erfinv_step(y, a);
  return {sign(x) * where(eq(a, 1), INFINITY, y)};
}

Tensors erfinv_gradient(const GradientCall& call) {
  return {call.dy() * half_root_pi * exp(square(call.out()))};
}

// The inputs are the erf of what must come out.
std::vector<Sample> erfinv_samples() {
  std::vector<Sample> cases;
  for (const Shape& shape : sample_shapes()) {
    const Array y = spread(shape, -1.1, 1.1);
    cases.push_back({.inputs = {mapped(y, [](double v) { return std::erf(v); })}, .outputs = {y}});
  }
  const Array small = spread({8}, -1e-9, 1e-9);
  cases.push_back(kink({small}, mapped(small, [](double x) { return half_root_pi * x; })));
  const double inf = INFINITY, nan = std::nan("");
  cases.push_back(kink({Array({7}, {0.0, 1.0, -1.0, 1.5, -1e30, inf, nan})},
                       Array({7}, {0.0, inf, -inf, nan, nan, nan, nan})));
  return cases;
}

}  // namespace

Tensor erfinv(const Operand& x) { return float_elementwise("erfinv", {x}); }

namespace ops {
std::vector<OpDef> erfinv() {
  return {{
      .name = "erfinv",
      .summary = "The number whose erf is x; NaN outside [-1, 1].",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = erfinv_gradient,
      .decompose = erfinv_body,
      .source = "https://pytorch.org/docs/stable/special.html#torch.special.erfinv",
      .samples = erfinv_samples,
  }};
}
}  // namespace ops

}  // namespace asg
