#include <cmath>
#include <numbers>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// From here on sqrt(x^2 +- 1) is x, in f64 as well, and its square is a number in f32.
constexpr double far_from_one = 0x1p28;

// log(x + sqrt(x^2 + 1)) as log1p of what is small where x is.
Tensors asinh_body(const OpCall& call) {
  const Tensor a = abs(call.in(0));
  const Tensor near = minimum(a, far_from_one);
  const Tensor squared = square(near);
  const Tensor small = log1p(near + squared / (1 + sqrt(squared + 1)));
  return {sign(call.in(0)) * where(a > far_from_one, log(a) + std::numbers::ln2, small)};
}

// 1 / sqrt(x^2 + 1), with a root that does not overflow.
Tensors asinh_gradient(const GradientCall& call) { return {call.dy() / hypot(call.in(0), 1)}; }

// log(x + sqrt(x^2 - 1)) as log1p of t + sqrt(t * (t + 2)), t = x - 1. The root of each factor is
// NaN below 1; that of their product would be a number below -1.
Tensors acosh_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Tensor t = minimum(x, far_from_one) - 1;
  const Tensor small = log1p(t + sqrt(t) * sqrt(t + 2));
  return {where(x > far_from_one, log(x) + std::numbers::ln2, small)};
}

Tensors acosh_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  return {call.dy() * rsqrt(x - 1) * rsqrt(x + 1)};
}

// log((1 + x) / (1 - x)) / 2
Tensors atanh_body(const OpCall& call) {
  const Tensor a = abs(call.in(0));
  return {sign(call.in(0)) * 0.5 * log1p(2 * a / (1 - a))};
}

Tensors atanh_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  return {call.dy() / ((1 - x) * (x + 1))};
}

std::vector<Sample> asinh_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(unary_samples({-4, 4}, [](double x) { return std::asinh(x); }),
                {kink({Array({6}, {0.0, 1e-12, -1e30, inf, -inf, nan})},
                      Array({6}, {0.0, std::asinh(1e-12), std::asinh(-1e30), inf, -inf, nan}))});
}

std::vector<Sample> acosh_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(unary_samples({1.2, 5}, [](double x) { return std::acosh(x); }),
                {kink({Array({7}, {1.0, 1e30, inf, 0.5, -2.0, -1e30, nan})},
                      Array({7}, {0.0, std::acosh(1e30), inf, nan, nan, nan, nan}))});
}

std::vector<Sample> atanh_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(unary_samples({-0.9, 0.9}, [](double x) { return std::atanh(x); }),
                {kink({Array({8}, {0.0, 1e-12, 1.0, -1.0, 1.5, -1e30, inf, nan})},
                      Array({8}, {0.0, std::atanh(1e-12), inf, -inf, nan, nan, nan, nan}))});
}

}  // namespace

Tensor asinh(const Operand& x) { return float_elementwise("asinh", {x}); }
Tensor acosh(const Operand& x) { return float_elementwise("acosh", {x}); }
Tensor atanh(const Operand& x) { return float_elementwise("atanh", {x}); }

namespace ops {
std::vector<OpDef> asinh() {
  return {{
              .name = "asinh",
              .summary = "The number whose sinh is x.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = asinh_gradient,
              .decompose = asinh_body,
              .source = "https://onnx.ai/onnx/operators/onnx__Asinh.html",
              .samples = asinh_samples,
          },
          {
              .name = "acosh",
              .summary = "The number from 0 on whose cosh is x; NaN below 1.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = acosh_gradient,
              .decompose = acosh_body,
              .source = "https://onnx.ai/onnx/operators/onnx__Acosh.html",
              .samples = acosh_samples,
          },
          {
              .name = "atanh",
              .summary = "The number whose tanh is x; NaN outside [-1, 1].",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = atanh_gradient,
              .decompose = atanh_body,
              .source = "https://onnx.ai/onnx/operators/onnx__Atanh.html",
              .samples = atanh_samples,
          }};
}
}  // namespace ops

}  // namespace asg
