#include <cmath>
#include <numbers>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// The angle of y / x, which the sign of x may put on the other side. Two quotients have no value of
// their own: of zeros it is y, of infinities 1 with both signs.
Tensors atan2_body(const OpCall& call) {
  const Tensor& y = call.in(0);
  const Tensor& x = call.in(1);
  const Tensor zeros = eq(maximum(abs(y), abs(x)), 0);
  const Tensor infinities = eq(minimum(abs(y), abs(x)), INFINITY);
  const Tensor tangent = where(zeros, y, where(infinities, sign(y) * sign(x), y / x));
  const Tensor turned = where(signbit(x), copysign(std::numbers::pi, y), 0);
  return {turned + atan(tangent)};
}

// x / (x^2 + y^2) and -y / (x^2 + y^2), without squares that overflow; at the origin 0.
Tensors atan2_gradient(const GradientCall& call) {
  const Tensor& y = call.in(0);
  const Tensor& x = call.in(1);
  const Tensor h = hypot(y, x);
  const Tensor safe = where(eq(h, 0), 1, h);
  const Tensor share = call.dy() / safe;
  return {share * (x / safe), -share * (y / safe)};
}

std::vector<Sample> atan2_samples() {
  const double inf = INFINITY, nan = std::nan(""), pi = std::numbers::pi;
  const auto of = [](double y, double x) { return std::atan2(y, x); };
  return joined(
      joined(binary_samples({-2, 2}, {0.5, 3}, of), binary_samples({-2, -0.5}, {-3, 3}, of)),
      {kink({Array({9}, {0.0, -0.0, 0.0, -0.0, inf, -inf, inf, 0.0, nan}),
             Array({9}, {0.0, 0.0, -0.0, -0.0, inf, -inf, 1.0, nan, 1.0})},
            Array({9}, {0.0, -0.0, pi, -pi, pi / 4, -0.75 * pi, pi / 2, nan, nan})),
       kink({Array({5}, {1e30, 1e-30, -1e30, 1e-30, 3.0}),
             Array({5}, {1e30, 1e30, -1e-30, -1e30, -inf})},
            Array({5}, {pi / 4, 0.0, -pi / 2, pi, pi}))});
}

}  // namespace

Tensor atan2(const Operand& y, const Operand& x) { return float_elementwise("atan2", {y, x}); }

namespace ops {
std::vector<OpDef> atan2() {
  return {{
      .name = "atan2",
      .summary = "The angle in [-pi, pi] of the point with the coordinates x and y.",
      .inputs = {{"y", "[...]", "float"}, {"x", "as y", "as y"}},
      .outputs = {{"angle", "as y", "as y"}},
      .infer = rules::floats,
      .gradient = atan2_gradient,
      .decompose = atan2_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.atan2.html",
      .samples = atan2_samples,
  }};
}
}  // namespace ops

}  // namespace asg
