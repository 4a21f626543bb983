#include <cmath>
#include <numbers>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// The nearest whole power of the base is divided out, so that whole powers have whole logarithms.
// `f32_limit` and `f64_limit` are the largest whose inverse is a normal number.
Tensor log_to_base(const Tensor& x, double base, double scale, int f32_limit, int f64_limit) {
  const int limit = x.dtype() == f32 ? f32_limit : f64_limit;
  const Tensor whole = minimum(maximum(round(log(x) * scale), -limit), limit);
  return whole + log(x / pow(base, whole)) * scale;
}

Tensors log2_body(const OpCall& call) {
  return {log_to_base(call.in(0), 2, std::numbers::log2e, 126, 1022)};
}
Tensors log10_body(const OpCall& call) {
  return {log_to_base(call.in(0), 10, std::numbers::log10e, 37, 307)};
}

Tensors log2_gradient(const GradientCall& call) {
  return {call.dy() * std::numbers::log2e / call.in(0)};
}
Tensors log10_gradient(const GradientCall& call) {
  return {call.dy() * std::numbers::log10e / call.in(0)};
}

std::vector<Sample> log_samples_of(double (*f)(double), double base) {
  const double inf = INFINITY, nan = std::nan("");
  const Array near = spread({16}, 1 - 1e-6, 1 + 1e-6, 1);
  std::vector<Sample> result =
      joined(unary_samples({0.2, 5}, f),
             {kink({near}, mapped(near, f)), kink({Array({5}, {0.0, -1.0, 1e30, inf, nan})},
                                                  Array({5}, {-inf, nan, f(1e30), inf, nan}))});
  Array powers(f64, {21}), exponents(f64, {21});
  for (std::int64_t i = 0; i < powers.numel(); ++i) {
    exponents.set(i, static_cast<double>(i - 10));
    powers.set(i, std::pow(base, exponents.get(i)));
  }
  Sample whole = kink({powers}, exponents);
  whole.tolerance = 0;
  result.push_back(whole);
  return result;
}

std::vector<Sample> log2_samples() {
  return log_samples_of([](double x) { return std::log2(x); }, 2);
}
std::vector<Sample> log10_samples() {
  return log_samples_of([](double x) { return std::log10(x); }, 10);
}

}  // namespace

Tensor log2(const Operand& x) { return float_elementwise("log2", {x}); }
Tensor log10(const Operand& x) { return float_elementwise("log10", {x}); }

Tensor logaddexp2(const Operand& a, const Operand& b) {
  const Call call("logaddexp2", {a, b});
  const Tensors both = call.matched({a, b});
  const auto natural = [&](const Tensor& t) { return call.as_float(t) * std::numbers::ln2; };
  return logaddexp(natural(both[0]), natural(both[1])) * std::numbers::log2e;
}

namespace ops {
std::vector<OpDef> log2() {
  return {{
              .name = "log2",
              .summary = "The logarithm to base 2, exact for whole powers.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = log2_gradient,
              .decompose = log2_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.log2.html",
              .samples = log2_samples,
          },
          {
              .name = "log10",
              .summary = "The logarithm to base 10, exact for whole powers.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .gradient = log10_gradient,
              .decompose = log10_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.log10.html",
              .samples = log10_samples,
          }};
}
}  // namespace ops

}  // namespace asg
