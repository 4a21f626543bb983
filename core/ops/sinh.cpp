#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// With E = exp(|x| / 2): sinh = (E - 1/E) * (E + 1/E) / 2, where the difference is e + e / E of
// e = expm1(|x| / 2), without loss near 0. Up to the limit E is finite, and beyond it the result is
// not.
Tensors sinh_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor e = expm1(minimum(0.5 * abs(x), x.dtype() == f32 ? 88 : 709));
  const Tensor up = e + 1;
  const Tensor down = 1 / up;
  return {sign(x) * (0.5 * (e + e * down)) * (up + down)};
}

Tensors sinh_gradient(const GradientCall& call) { return {call.dy() * cosh(call.in(0))}; }

// E^2 / 2 + 1 / (2 * E^2), in an order that overflows only where the result does.
Tensors cosh_body(const OpCall& call) {
  const Tensor up = exp(0.5 * abs(call.in(0)));
  const Tensor down = 1 / up;
  return {0.5 * up * up + 0.5 * down * down};
}

Tensors cosh_gradient(const GradientCall& call) { return {call.dy() * sinh(call.in(0))}; }

std::vector<Sample> sinh_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(unary_samples({-4, 4}, [](double x) { return std::sinh(x); }),
                {kink({Array({6}, {0.0, 1e-12, -89.2, inf, -inf, nan})},
                      Array({6}, {0.0, std::sinh(1e-12), std::sinh(-89.2), inf, -inf, nan})),
                 kink({Array({2}, {1e30, -1e30})}, Array({2}, {inf, -inf}))});
}

std::vector<Sample> cosh_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(unary_samples({-4, 4}, [](double x) { return std::cosh(x); }),
                {kink({Array({6}, {0.0, -89.2, 1e30, inf, -inf, nan})},
                      Array({6}, {1.0, std::cosh(89.2), inf, inf, inf, nan}))});
}

}  // namespace

Tensor sinh(const Operand& x) { return float_elementwise("sinh", {x}); }
Tensor cosh(const Operand& x) { return float_elementwise("cosh", {x}); }

namespace ops {
std::vector<OpDef> sinh() {
  return {{
              .name = "sinh",
              .summary = "The hyperbolic sine, (exp(x) - exp(-x)) / 2.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = sinh_gradient,
              .decompose = sinh_body,
              .source = "https://onnx.ai/onnx/operators/onnx__Sinh.html",
              .samples = sinh_samples,
          },
          {
              .name = "cosh",
              .summary = "The hyperbolic cosine, (exp(x) + exp(-x)) / 2.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = cosh_gradient,
              .decompose = cosh_body,
              .source = "https://onnx.ai/onnx/operators/onnx__Cosh.html",
              .samples = cosh_samples,
          }};
}
}  // namespace ops

}  // namespace asg
