#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// Where x is 0 and the logarithm is not to be taken, another one is: the product is 0 in all
// orders. A NaN stays.
Tensor xlogy_argument(const Tensor& x, const Tensor& y) {
  return where(logical_and(eq(x, 0), logical_or(y <= 0, eq(y, INFINITY))), 1, y);
}

Tensors xlogy_body(const OpCall& call) {
  return {call.in(0) * log(xlogy_argument(call.in(0), call.in(1)))};
}

Tensors xlogy_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Tensor y = xlogy_argument(x, call.in(1));
  return {call.dy() * log(y), call.dy() * (x / y)};
}

std::vector<Sample> xlogy_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(
      binary_samples({-2, 2}, {0.5, 3}, [](double x, double y) { return x * std::log(y); }),
      {kink({Array({9}, {0.0, 0.0, 0.0, 0.0, 1.0, 1.0, nan, 2.0, 0.0}),
             Array({9}, {0.0, -1.0, nan, inf, 0.0, -1.0, 1.0, 1e30, 2.0})},
            Array({9}, {0.0, 0.0, nan, 0.0, -inf, nan, nan, 2 * std::log(1e30), 0.0}))});
}

}  // namespace

Tensor xlogy(const Operand& x, const Operand& y) { return float_elementwise("xlogy", {x, y}); }

namespace ops {
std::vector<OpDef> xlogy() {
  return {{
      .name = "xlogy",
      .summary = "x * log(y), and 0 where x is 0, whatever number y is.",
      .inputs = {{"x", "[...]", "float"}, {"y", "as x", "as x"}},
      .outputs = {{"z", "as x", "as x"}},
      .infer = rules::floats,
      .gradient = xlogy_gradient,
      .decompose = xlogy_body,
      .source = "https://pytorch.org/docs/stable/special.html#torch.special.xlogy",
      .samples = xlogy_samples,
  }};
}
}  // namespace ops

}  // namespace asg
