#include <cmath>
#include <numbers>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/polynomial.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// log(Gamma(z)) / ((z - 1) * (z - 2)) for z from 1 to 4, a quotient of polynomials in z within
// 8e-18. All coefficients are positive.
constexpr double lgamma_p[] = {2.5268139354548413,    65.41676324449446,  376.55142382168714,
                               759.2407638648734,     628.9206398206763,  226.1386843814589,
                               34.56558099386892,     2.0086334930272085, 0.03259009936993535,
                               3.0067814759876207e-05};
constexpr double lgamma_q[] = {1.0,
                               43.95450627710704,
                               376.110325660194,
                               1080.2101636856353,
                               1273.3639528264725,
                               674.379174626327,
                               163.24557841312392,
                               17.229038005464314,
                               0.6890158621015269,
                               0.007186380247848288};
// From 4 on what Stirling's formula lacks, times z, as a polynomial in 1 / z^2.
constexpr double lgamma_stirling[] = {
    0.08333333333333331,    -0.0027777777777176055, 0.0007936507676291937,
    -0.0005952337085914213, 0.0008413741438814652,  -0.0018988790775828657,
    0.005842830219791369,   -0.018529842349181265,  0.036867391143848904};
constexpr double half_log_tau = 0.91893853320467274178;  // log(2 * pi) / 2

// Below 1 it is taken at z + 1, less log(z). The zeros at 1 and 2 are factors of their own, exact
// where the result is small.
Tensor lgamma_of_positive(const Tensor& z) {
  const Tensor low = z < 1;
  const Tensor log_z = log(z);
  const Tensor at = where(low, z + 1, z);
  const Tensor near =
      (z - 1) * where(low, z, z - 2) * (polynomial(at, lgamma_p) / polynomial(at, lgamma_q)) -
      where(low, log_z, 0);
  const Tensor inverse = 1 / z;
  const Tensor far = (z - 0.5) * (log_z - 1) + (half_log_tau - 0.5) +
                     inverse * polynomial(square(inverse), lgamma_stirling);
  return where(z < 4, near, far);
}

// Below 0 by reflection: Gamma(x) * Gamma(1 - x) = pi / sin(pi * x), with the sine of x's distance
// to the nearest integer.
Tensors lgamma_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor left = x < 0;
  const Tensor value = lgamma_of_positive(where(left, 1 - x, x));
  const Tensor sine = sin(std::numbers::pi * (x - round(x)));
  const Tensor reflected = log(std::numbers::pi / abs(sine)) - value;
  return {where(eq(abs(x), INFINITY), INFINITY, where(left, reflected, value))};
}

Tensors lgamma_gradient(const GradientCall& call) { return {call.dy() * digamma(call.in(0))}; }

std::vector<Sample> lgamma_samples() {
  const double inf = INFINITY, nan = std::nan("");
  const auto expected = [](double x) { return std::lgamma(x); };
  const Array wide = spread({32}, 0, 40, 1), negative = spread({16}, -5, 0, 2);
  const Array inside({4}, {-0.4, -1.6, -2.45, -3.5});  // away from the poles
  const Array tiny = Array({6}, {1 + 1e-9, 1 - 1e-9, 2 + 1e-9, 2 - 1e-9, 1e-300, -1e-30});
  return joined(unary_samples({0.3, 5}, expected),
                {{.inputs = {wide}, .outputs = {mapped(wide, expected)}},
                 {.inputs = {inside}, .outputs = {mapped(inside, expected)}},
                 kink({negative}, mapped(negative, expected)),
                 kink({tiny}, mapped(tiny, expected)),
                 kink({Array({9}, {1.0, 2.0, 0.0, -1.0, -2e30, inf, -inf, nan, 1e30})},
                      Array({9}, {0.0, 0.0, inf, inf, inf, inf, inf, nan, std::lgamma(1e30)}))});
}

}  // namespace

Tensor lgamma(const Operand& x) { return float_elementwise("lgamma", {x}); }

namespace ops {
std::vector<OpDef> lgamma() {
  return {{
      .name = "lgamma",
      .summary = "log(|Gamma(x)|), infinite at 0, -1, -2, ...",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = lgamma_gradient,
      .decompose = lgamma_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.lgamma.html",
      .samples = lgamma_samples,
  }};
}
}  // namespace ops

}  // namespace asg
