#include <cmath>
#include <numbers>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/polynomial.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// digamma(z) * z / (z - root) for z from 0 to 4, a quotient of polynomials in z within 9e-18, all
// of whose coefficients are positive. The root is given in two parts, the first a number of f32:
// the difference keeps its digits near it.
constexpr double digamma_root_head = 1.4616321325302124, digamma_root_tail = 1.2438149938918909e-08;
constexpr double digamma_p[] = {
    0.6841666717870696,     2.47711256752615,     2.909774605303323,    1.5688225157114422,
    0.43456117937875427,    0.06314435053679571,  0.004594544861896658, 0.00014636911197124394,
    1.4612860308982617e-06, 7.996553260588518e-10};
constexpr double digamma_q[] = {1.0,
                                2.3592450187127327,
                                2.0590484149041024,
                                0.873497413700806,
                                0.1955250382694299,
                                0.02316275283780194,
                                0.001365840113354131,
                                3.435676541189919e-05,
                                2.5017240752148506e-07};
// From 4 on log(z) - 1 / (2 * z) - digamma(z), times z^2, as a polynomial in 1 / z^2.
constexpr double digamma_far[] = {
    0.0833333333333333,    -0.00833333333322018,  0.003968253907681641, -0.004166653932895407,
    0.0075743763145022175, -0.021004729764293822, 0.07978585893774315,  -0.34875835555351864,
    1.3176677498695593,    -2.7632461440862492};

// The cotangent of pi * x, from x's distance to the nearest integer.
Tensor cotangent(const Tensor& x) {
  const Tensor angle = std::numbers::pi * (x - round(x));
  return cos(angle) / sin(angle);
}

// Below 0 by reflection; at the poles there NaN, which is between the infinities of either side.
Tensors digamma_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor left = x < 0;
  const Tensor z = where(left, 1 - x, x);
  const Tensor near = ((z - digamma_root_head) - digamma_root_tail) / z *
                      (polynomial(z, digamma_p) / polynomial(z, digamma_q));
  const Tensor inverse = 1 / z;
  const Tensor u = square(inverse);
  const Tensor far = log(z) - 0.5 * inverse - u * polynomial(u, digamma_far);
  const Tensor value = where(z < 4, near, far);
  const Tensor reflected = value - std::numbers::pi * cotangent(x);
  return {where(left, where(eq(x, round(x)), NAN, reflected), value)};
}

Tensors digamma_gradient(const GradientCall& call) {
  return {call.dy() * polygamma(1, call.in(0))};
}

// B(2j) / (2j)!, B the Bernoulli numbers.
constexpr double bernoulli[] = {
    0.083333333333333333,      -0.0013888888888888888889,  0.000033068783068783068783,
    -8.2671957671957671958e-7, 2.0876756987868098979e-8,   -5.2841901386874931848e-10,
    1.3382536530684678833e-11, -3.3896802963225828668e-13, 8.5860620562778445641e-15,
    -2.174868698558061873e-16, 5.5090028283602295152e-18,  -1.3954464685812523341e-19};

// To a whole power from 1 on.
Tensor whole_power(const Tensor& x, int n) {
  if (n == 1) return x;
  const Tensor half = whole_power(x, n / 2);
  return n % 2 == 0 ? half * half : half * half * x;
}

// Hurwitz' zeta function: the sum of (z + k)^-s over all k from 0 on. Some terms are added up, the
// rest is Euler and Maclaurin's formula.
// Source  https://dlmf.nist.gov/25.11.E43
Tensor hurwitz_zeta(int s, const Tensor& z) {
  const int terms = 9 + s;
  std::vector<double> coefficients;
  double rising = s;  // s * (s + 1) * ... with 2j - 1 factors
  for (int j = 0; j < static_cast<int>(std::size(bernoulli)); ++j) {
    coefficients.push_back(bernoulli[j] * rising);
    rising *= (s + 2 * j + 1) * static_cast<double>(s + 2 * j + 2);
  }
  const Tensor w = 1 / (z + terms);
  const Tensor w2 = square(w);
  Tensor total =
      whole_power(w, s - 1) * (0.5 * w + 1.0 / (s - 1) + w2 * polynomial(w2, coefficients));
  for (int k = terms - 1; k >= 0; --k) total = total + whole_power(1 / (z + k), s);
  return total;
}

// The n-th derivative of pi * cotangent(pi * x) by x, a polynomial in the cotangent c, since the
// derivative of c is -pi * (1 + c^2).
Tensor cotangent_derivative(int n, const Tensor& x) {
  std::vector<double> p = {0, std::numbers::pi};
  for (int k = 0; k < n; ++k) {
    std::vector<double> next(p.size() + 1, 0.0);
    for (std::size_t i = 1; i < p.size(); ++i) {
      const double slope = -std::numbers::pi * static_cast<double>(i) * p[i];
      next[i - 1] += slope;
      next[i + 1] += slope;
    }
    p = next;
  }
  return polynomial(cotangent(x), p);
}

// Of positive numbers (-1)^(n + 1) * n! * zeta(n + 1, x).
Tensors polygamma_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const int n = static_cast<int>(call.attributes.integer("n"));
  const Tensor left = x < 0;
  const double parity = n % 2 == 0 ? -1 : 1;
  const Tensor value = parity * std::tgamma(n + 1) * hurwitz_zeta(n + 1, where(left, 1 - x, x));
  return {where(left, -parity * value - cotangent_derivative(n, x), value)};
}

constexpr std::int64_t polygamma_largest = 30;  // of which n! is a number in f32

Types polygamma_infer(const Signature& call) {
  const std::int64_t n = call.attributes.integer("n");
  call.require_type(n >= 1 && n <= polygamma_largest, "n must be in [0, 30]");
  return rules::floats(call);
}

Tensors polygamma_gradient(const GradientCall& call) {
  const int n = static_cast<int>(call.attributes.integer("n"));
  return {call.dy() * polygamma(n + 1, call.in(0))};
}

// Values of mpmath.
std::vector<Sample> digamma_samples() {
  const double inf = INFINITY, nan = std::nan("");
  const Array x = Array({12}, {0.3, 0.9, 1.5, 1.47, 2.7, 3.9, 4.1, 7.5, 20.25, -0.3, -1.6, -2.45});
  const Array y = Array(
      {12}, {-3.502524222200133, -0.7549269499470513, 0.03648997397857652, 0.008066489011364869,
             0.7967831689911411, 1.2273275368446404, 1.2841070900315987, 1.9467574842460869,
             2.983260263975308, 2.113309779635399, -0.2697178779184504, 1.5840814092999622});
  const Sample known = {.inputs = {x}, .outputs = {y}, .tolerance = 1e-14};
  std::vector<Sample> cases = {
      known, kink({Array({7}, {0.0, -0.0, -1.0, 1e30, inf, -inf, nan})},
                  Array({7}, {-inf, inf, nan, 69.07755278982137, inf, nan, nan}))};
  for (const Shape& shape : sample_shapes()) cases.push_back({.inputs = {spread(shape, 0.5, 6)}});
  return cases;
}

std::vector<Sample> polygamma_samples() {
  const double inf = INFINITY, nan = std::nan("");
  const Array x = Array({12}, {0.3, 0.9, 1.5, 1.47, 2.7, 3.9, 4.1, 7.5, 20.25, -0.3, -1.6, -2.45});
  const auto of = [&](int n, const Array& y) {
    return Sample{.inputs = {x}, .attributes = {{"n", n}}, .outputs = {y}, .tolerance = 1e-13};
  };
  std::vector<Sample> cases = {
      of(1, Array({12}, {12.245364546107732, 1.9225399594772035, 0.9348022005446793,
                         0.9603162090511507, 0.4472120689183236, 0.29205768378405345,
                         0.27603722755383653, 0.1426158966967038, 0.050622103814419776,
                         13.945160267805722, 10.443759368307377, 9.78133237397664})),
      of(2, Array({12}, {-75.27253658872604, -3.20179704379472, -0.82879664423432,
                         -0.872684306995607, -0.19700583557913573, -0.08472094161644958,
                         -0.07573400746754676, -0.020305252536644666, -0.002562051037602933,
                         67.63908119988317, -22.49158811431912, 9.956404008662364})),
      of(3, Array({12}, {743.1417646550498, 9.739014093776728, 1.4090910340024372,
                         1.518522164936101, 0.17117980334609884, 0.04883314090687433,
                         0.04131388540955131, 0.005772436656578694, 0.0002592823091200848,
                         766.6198904191685, 283.40708267399356, 214.66070346259573}))};
  for (const Shape& shape : sample_shapes())
    cases.push_back({.inputs = {spread(shape, 0.5, 6)}, .attributes = {{"n", 1}}});
  Sample ends =
      kink({Array({5}, {0.0, 1e30, inf, -1.0, nan})}, Array({5}, {inf, 1e-30, 0.0, inf, nan}));
  ends.attributes = {{"n", 1}};
  cases.push_back(ends);
  return cases;
}

}  // namespace

Tensor digamma(const Operand& x) { return float_elementwise("digamma", {x}); }

Tensor polygamma(int n, const Operand& x) {
  if (n == 0) return digamma(x);
  const Call call("polygamma", {x});
  return call.make("polygamma", {call.as_float(call.tensor(x))}, {{"n", n}});
}

namespace ops {
std::vector<OpDef> digamma() {
  return {{
              .name = "digamma",
              .summary = "The derivative of log(Gamma(x)).",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = digamma_gradient,
              .decompose = digamma_body,
              .source = "https://pytorch.org/docs/stable/special.html#torch.special.digamma",
              .samples = digamma_samples,
          },
          {
              .name = "polygamma",
              .summary = "The n-th derivative of digamma.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .attributes = {{"n", AttributeType::integer, "the order, from 1 to 30"}},
              .infer = polygamma_infer,
              .gradient = polygamma_gradient,
              .decompose = polygamma_body,
              .source = "https://pytorch.org/docs/stable/special.html#torch.special.polygamma",
              .samples = polygamma_samples,
          }};
}
}  // namespace ops

}  // namespace asg
