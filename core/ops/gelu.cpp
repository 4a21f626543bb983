#include <cmath>
#include <numbers>

#include <asg/graph/error.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/gate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

constexpr double inv_sqrt2 = 0.5 * std::numbers::sqrt2;

// The standard normal distribution function.
//
// Measured against double precision, in f32 on the CPU backend: gelu is within 3 units in the last
// place (ulp) from -1 to the right, and within 1.1e-7 * |x| everywhere. To the left 1 + erf
// cancels: 14 ulp at -2, 240 at -3, 9,000 at -4, and left of -5.4 nothing is left of values below
// 2e-7. (In f64 that is so left of -8.3.) PyTorch computes it in the same way. A form that keeps
// the tail needs erfc, and would take several times as long as erf does.
Tensor phi(const Tensor& x) { return 0.5 * (erf(x * inv_sqrt2) + 1); }

Tensors exact_body(const OpCall& call) { return {call.in(0) * phi(call.in(0))}; }

Tensors exact_gradient(const GradientCall& call) {
  return {apply(find_op("gelu_backward"), {call.dy(), call.in(0)})};
}

// Phi(x) + x * density(x)
Tensors exact_backward(const OpCall& call) {
  const Tensor& x = call.in(1);
  const double scale = inv_sqrt2 * std::numbers::inv_sqrtpi;
  return {call.in(0) * (phi(x) + x * (scale * exp(-0.5 * square(x))))};
}

constexpr double cubic = 0.044715;
const double root = std::sqrt(2 * std::numbers::inv_pi);

// 1 + tanh(u) is 2 * sigmoid(2 * u), which keeps its digits where tanh nears -1. Measured in f32: 3
// ulp from -1 to the right, 43 from -5, 170 down to the last number of f32 near -10; the rounding
// of u, whose exponential it is, is all that is left.
Tensor tanh_argument(const Tensor& x) { return root * (x * (cubic * square(x) + 1)); }

Tensors tanh_body(const OpCall& call) { return {gated(call.in(0), tanh_argument(call.in(0)))}; }

Tensors gelu_tanh_gradient(const GradientCall& call) {
  return {apply(find_op("gelu_tanh_backward"), {call.dy(), call.in(0)})};
}

Tensors tanh_backward(const OpCall& call) {
  const Tensor& x = call.in(1);
  const Tensor s = sigmoid(2 * tanh_argument(x));
  // Beyond the limit 1 - s or gelu is 0; the slope of the argument must not be infinite there.
  const Tensor inner = 2 * root * (3 * cubic * square(minimum(maximum(x, -100), 100)) + 1);
  return {call.in(0) * (s + gelu(x, "tanh") * ((1 - s) * inner))};
}

double exact(double x) { return 0.5 * x * (1 + std::erf(x * inv_sqrt2)); }
double exact_slope(double x) {
  return 0.5 * (1 + std::erf(x * inv_sqrt2)) + x * std::exp(-0.5 * x * x) / std::sqrt(2 * M_PI);
}
double approximate(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}
double approximate_slope(double x) {
  const double t = std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
}

std::vector<Sample> exact_samples() {
  return joined(unary_samples({-4, 4}, exact),
                {kink({Array({3}, {0.0, 1e30, -1e30})}, Array({3}, {0.0, 1e30, 0.0}))});
}
std::vector<Sample> exact_backward_samples() {
  return binary_samples({-2, 2}, {-4, 4}, [](double dy, double x) { return dy * exact_slope(x); });
}
std::vector<Sample> gelu_tanh_samples() {
  return joined(unary_samples({-4, 4}, approximate),
                {kink({Array({3}, {0.0, 1e30, -1e30})}, Array({3}, {0.0, 1e30, 0.0}))});
}
std::vector<Sample> tanh_backward_samples() {
  return binary_samples({-2, 2}, {-4, 4},
                        [](double dy, double x) { return dy * approximate_slope(x); });
}

}  // namespace

Tensor gelu(const Operand& x, std::string_view approximate) {
  const Call call("gelu", {x});
  if (approximate != "none" && approximate != "tanh")
    throw TypeError("gelu: approximate is \"none\" or \"tanh\", not \"" + std::string(approximate) +
                    "\"\n  at " + to_string(call.graph().origin_now(call.where())));
  return call.make(approximate == "none" ? "gelu" : "gelu_tanh", {call.as_float(call.tensor(x))});
}

namespace ops {
std::vector<OpDef> gelu() {
  return {{
              .name = "gelu",
              .summary = "x * Phi(x), Phi the standard normal distribution.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = exact_gradient,
              .decompose = exact_body,
              .source = "https://arxiv.org/abs/1606.08415",
              .samples = exact_samples,
          },
          {
              .name = "gelu_backward",
              .summary = "dy times the derivative of gelu at x.",
              .inputs = {{"dy", "[...]", "float"}, {"x", "as dy", "as dy"}},
              .outputs = {{"dx", "as x", "as x"}},
              .infer = rules::floats,
              .decompose = exact_backward,
              .samples = exact_backward_samples,
          },
          {
              .name = "gelu_tanh",
              .summary = "gelu with tanh(sqrt(2/pi) * (x + 0.044715 x^3)) for erf(x / sqrt(2)).",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = gelu_tanh_gradient,
              .decompose = tanh_body,
              .source = "https://arxiv.org/abs/1606.08415",
              .samples = gelu_tanh_samples,
          },
          {
              .name = "gelu_tanh_backward",
              .summary = "dy times the derivative of gelu_tanh at x.",
              .inputs = {{"dy", "[...]", "float"}, {"x", "as dy", "as dy"}},
              .outputs = {{"dx", "as x", "as x"}},
              .infer = rules::floats,
              .decompose = tanh_backward,
              .samples = tanh_backward_samples,
          }};
}
}  // namespace ops

}  // namespace asg
