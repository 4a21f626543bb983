#include <cmath>
#include <numbers>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/polynomial.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// (atan(v) / v - 1) / v^2 as a polynomial in v^2 for |v| <= tan(pi / 8), within 1e-9 and 3e-18 of
// atan(v) / v.
constexpr double atan_f32[] = {-0.33333331760434554, 0.1999954031495797, -0.14263949753605717,
                               0.10743668324830047, -0.06451718869358827};
constexpr double atan_f64[] = {-0.3333333333333333,  0.19999999999995516,  -0.14285714284665682,
                               0.11111111015187018,  -0.0909090457530649,  0.07692183125376892,
                               -0.06664510525508936, 0.05858140904866321,  -0.05085407834589452,
                               0.039230447784792254, -0.019175404711104006};

// Of |x| the angle pi/4 or pi/2 is taken off where that leaves a smaller one: by the addition
// theorem what is left is the angle of (|x| - 1) / (|x| + 1), or of -1 / |x|.
Tensors atan_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor a = abs(x);
  const Tensor large = a > std::numbers::sqrt2 + 1;
  const Tensor middle = a > std::numbers::sqrt2 - 1;
  const Tensor taken =
      where(large, std::numbers::pi / 2, where(middle, std::numbers::pi / 4, zeros_like(a)));
  const Tensor v =
      where(large, -1, where(middle, a - 1, a)) / where(large, a, where(middle, a + 1, 1));
  const Tensor z = square(v);
  const Tensor p = x.dtype() == f32 ? polynomial(z, atan_f32) : polynomial(z, atan_f64);
  return {sign(x) * (taken + (v + v * (z * p)))};
}

Tensors atan_gradient(const GradientCall& call) { return {call.dy() / (square(call.in(0)) + 1)}; }

std::vector<Sample> atan_samples() {
  const Array wide = spread({32}, -9, 9, 3);
  const double inf = INFINITY, half = std::numbers::pi / 2;
  return joined(unary_samples({-4, 4}, [](double x) { return std::atan(x); }),
                {kink({wide}, mapped(wide, [](double x) { return std::atan(x); })),
                 kink({Array({7}, {0.0, 1e-300, 1.0, -1e30, inf, -inf, std::nan("")})},
                      Array({7}, {0.0, 1e-300, half / 2, -half, half, -half, std::nan("")}))});
}

}  // namespace

Tensor atan(const Operand& x) { return float_elementwise("atan", {x}); }

namespace ops {
std::vector<OpDef> atan() {
  return {{
      .name = "atan",
      .summary = "The angle in [-pi/2, pi/2] whose tangent is x.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = atan_gradient,
      .decompose = atan_body,
      .source = "https://onnx.ai/onnx/operators/onnx__Atan.html",
      .samples = atan_samples,
  }};
}
}  // namespace ops

}  // namespace asg
