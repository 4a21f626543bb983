#include <cmath>
#include <numbers>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/polynomial.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// exp(x^2) * erfc(x) * (2x + 1) as a polynomial in t = (x - 4) / (x + 4), for x from 0 to where
// erfc is no number any more: within 1e-9 and 2e-17 of its value.
constexpr double erfc_limit_f32 = 10.2, erfc_limit_f64 = 27.3;
constexpr double erfc_f32[] = {1.2329951185163,      -0.13962113289097522,  0.015379658808347917,
                               0.06809794439349248,  -0.10103836063659535,  0.093719502521831,
                               -0.06635203584311346, 0.03723337563374416,   -0.016021943126074523,
                               0.005020826749950933, -0.001162561739682359, -0.0006506400301307228};
constexpr double erfc_f64[] = {
    1.2329951186255526,      -0.13962111684056286,    0.015379652102621091,
    0.0680970542547336,      -0.10103906603637362,    0.09373283499690535,
    -0.0663303658110103,     0.03716751556105671,     -0.016197734065502876,
    0.005031969765051122,    -0.0007577732963739462,  -0.00019925553476007838,
    0.0001506220523230599,   -2.4403160497192634e-05, -1.1224293594679385e-05,
    5.718067004785881e-06,   3.006053020270926e-07,   -8.356886054802244e-07,
    6.326381936013846e-08,   1.1597564919712835e-07,  -7.796210935750394e-09,
    -1.3952812123042382e-08, -1.907388627007971e-09};

// exp(-a^2) in two factors: the head of a has half of its digits, so its square is exact. The
// rounding of a^2 would be multiplied by a^2.
Tensor erfc_gauss(const Tensor& a) {
  const double steps = a.dtype() == f32 ? 0x1p8 : 0x1p20;
  const Tensor head = round(a * steps) * (1 / steps);
  return exp(-square(head)) * exp((head - a) * (head + a));
}

Tensors erfc_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const bool single = x.dtype() == f32;
  const Tensor a = minimum(abs(x), single ? erfc_limit_f32 : erfc_limit_f64);
  const Tensor t = (a - 4) / (a + 4);
  const Tensor p = single ? polynomial(t, erfc_f32) : polynomial(t, erfc_f64);
  const Tensor tail = erfc_gauss(a) * p / (2 * a + 1);
  return {where(x < 0, 2 - tail, tail)};
}

// -2 / sqrt(pi) * exp(-x^2)
Tensors erfc_gradient(const GradientCall& call) {
  return {call.dy() * (-2 * std::numbers::inv_sqrtpi) * exp(-square(call.in(0)))};
}

std::vector<Sample> erfc_samples() {
  std::vector<Sample> cases = unary_samples({-3, 3}, [](double x) { return std::erfc(x); });
  const Array wide = spread({64}, -7, 7, 3);
  cases.push_back({.inputs = {wide},
                   .outputs = {mapped(wide, [](double x) { return std::erfc(x); })},
                   .tolerance = 2e-15});
  const double inf = INFINITY, nan = std::nan("");
  cases.push_back(kink({Array({6}, {0.0, 1e30, -1e30, inf, -inf, nan})},
                       Array({6}, {1.0, 0.0, 2.0, 0.0, 2.0, nan})));
  return cases;
}

}  // namespace

Tensor erfc(const Operand& x) { return float_elementwise("erfc", {x}); }

namespace ops {
std::vector<OpDef> erfc() {
  return {{
      .name = "erfc",
      .summary = "1 - erf(x), without loss of digits for large x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = erfc_gradient,
      .decompose = erfc_body,
      .source = "https://pytorch.org/docs/stable/special.html#torch.special.erfc",
      .samples = erfc_samples,
  }};
}
}  // namespace ops

}  // namespace asg
