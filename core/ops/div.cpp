#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors div_gradient(const GradientCall& call) {
  const Tensor da = call.dy() / call.in(1);
  return {da, -da * call.out()};
}

std::vector<Sample> div_samples() {
  return joined(binary_samples({-2, 2}, {0.5, 3}, [](double a, double b) { return a / b; }),
                {kink({Array({3}, std::vector<std::int64_t>{7, -7, 5}),
                       Array({3}, std::vector<std::int64_t>{2, 2, 0})},
                      Array({3}, std::vector<std::int64_t>{3, -3, 0}))});
}

}  // namespace

Tensor div(const Operand& a, const Operand& b) { return float_elementwise("div", {a, b}); }
Tensor operator/(const Operand& a, const Operand& b) { return div(a, b); }
Tensor reciprocal(const Operand& x) { return 1 / x; }

namespace ops {
std::vector<OpDef> div() {
  return {{
      .name = "div",
      .summary = "a / b. Integers: toward zero, and 0 when b is 0.",
      .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::numbers,
      .gradient = div_gradient,
      .lowering = {.instruction = ASG_EW_DIV},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a, auto b) { return a / b; });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Div.html",
      .samples = div_samples,
  }};
}
}  // namespace ops

}  // namespace asg
