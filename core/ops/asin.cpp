#include <cmath>
#include <numbers>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// 1 - x^2 as a product, which loses nothing near 1. Below 0 outside [-1, 1]: its root is NaN.
Tensor asin_cosine_squared(const Tensor& x) { return (1 - x) * (x + 1); }

Tensors asin_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  return {atan(x / sqrt(asin_cosine_squared(x)))};
}

// The tangent of half the angle, which keeps the digits of small angles.
Tensors acos_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  return {2 * atan(sqrt((1 - x) / (x + 1)))};
}

Tensors asin_gradient(const GradientCall& call) {
  return {call.dy() * rsqrt(asin_cosine_squared(call.in(0)))};
}
Tensors acos_gradient(const GradientCall& call) {
  return {-call.dy() * rsqrt(asin_cosine_squared(call.in(0)))};
}

std::vector<Sample> asin_samples() {
  const double nan = std::nan(""), half = std::numbers::pi / 2;
  return joined(unary_samples({-0.9, 0.9}, [](double x) { return std::asin(x); }),
                {kink({Array({7}, {0.0, 1.0, -1.0, 1e-300, 1.5, -1e30, nan})},
                      Array({7}, {0.0, half, -half, 1e-300, nan, nan, nan}))});
}

std::vector<Sample> acos_samples() {
  const double nan = std::nan(""), pi = std::numbers::pi, near = 1 - 1e-12;
  return joined(unary_samples({-0.9, 0.9}, [](double x) { return std::acos(x); }),
                {kink({Array({7}, {0.0, 1.0, -1.0, near, 1.5, -1e30, nan})},
                      Array({7}, {pi / 2, 0.0, pi, std::acos(near), nan, nan, nan}))});
}

}  // namespace

Tensor asin(const Operand& x) { return float_elementwise("asin", {x}); }
Tensor acos(const Operand& x) { return float_elementwise("acos", {x}); }

namespace ops {
std::vector<OpDef> asin() {
  return {{
              .name = "asin",
              .summary = "The angle in [-pi/2, pi/2] whose sine is x; NaN outside [-1, 1].",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = asin_gradient,
              .decompose = asin_body,
              .source = "https://onnx.ai/onnx/operators/onnx__Asin.html",
              .samples = asin_samples,
          },
          {
              .name = "acos",
              .summary = "The angle in [0, pi] whose cosine is x; NaN outside [-1, 1].",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = acos_gradient,
              .decompose = acos_body,
              .source = "https://onnx.ai/onnx/operators/onnx__Acos.html",
              .samples = acos_samples,
          }};
}
}  // namespace ops

}  // namespace asg
