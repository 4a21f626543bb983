#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// b * a^(b-1) and y * log(a). Both are products with a 0 that would meet an inf at a = 0: there the
// factor that overflows gets another argument, which leaves the product 0 in all orders.
// Below 0 the power is no function of real exponents, and the second one is NaN.
Tensors pow_gradient(const GradientCall& call) {
  const Tensor& a = call.in(0);
  const Tensor& b = call.in(1);
  const Tensor zero = eq(a, 0);
  const Tensor exponent = where(logical_and(zero, eq(b, 0)), 1, b);
  const Tensor base = where(logical_and(zero, b >= 0), 1, a);
  return {call.dy() * b * pow(a, exponent - 1), call.dy() * call.out() * log(base)};
}

std::vector<Sample> pow_samples() {
  return joined(
      binary_samples({0.2, 3}, {-2, 3}, [](double a, double b) { return std::pow(a, b); }),
      {kink({Array({5}, {0.0, 0.0, -2.0, -2.0, 4.0}), Array({5}, {0.0, 2.0, 3.0, 2.0, -0.5})},
            Array({5}, {1.0, 0.0, -8.0, 4.0, 0.5})),
       kink({Array({4}, std::vector<std::int64_t>{2, -3, 2, -1}),
             Array({4}, std::vector<std::int64_t>{10, 3, -1, -3})},
            Array({4}, std::vector<std::int64_t>{1024, -27, 0, -1}))});
}

}  // namespace

Tensor pow(const Operand& a, const Operand& b) {
  // Powers that everyone writes cost a multiplication or two.
  if (a.is_tensor() && !b.is_tensor() && (!b.is_fraction() || is_float(a.tensor().dtype()))) {
    if (b.number() == 2) return a * a;
    if (b.number() == 3) return a * a * a;
  }
  return elementwise("pow", {a, b});
}

namespace ops {
std::vector<OpDef> pow() {
  return {{
      .name = "pow",
      .summary = "a to the power b. Integers: 0 when b is negative, but for a = 1 and -1.",
      .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::numbers,
      .gradient = pow_gradient,
      .lowering = {.instruction = ASG_EW_POW},
      .source = "https://onnx.ai/onnx/operators/onnx__Pow.html",
      .samples = pow_samples,
  }};
}
}  // namespace ops

}  // namespace asg
