#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/evaluate.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors neg_gradient(const GradientCall& call) { return {-call.dy()}; }

std::vector<Sample> neg_samples() {
  return unary_samples({-2, 2}, [](double x) { return -x; });
}

}  // namespace

Tensor neg(const Operand& x) { return elementwise("neg", {x}); }
Tensor operator-(const Operand& x) { return neg(x); }

namespace ops {
std::vector<OpDef> neg() {
  return {{
      .name = "neg",
      .summary = "-x. Integers wrap.",
      .inputs = {{"x", "[...]", "number"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::numbers,
      .gradient = neg_gradient,
      .lowering = {.instruction = ASG_EW_NEG},
      .evaluate =
          [](std::span<const Array> in, const TensorType& type) {
            return rules::evaluated(in, type, [](auto a) { return -a; });
          },
      .source = "https://onnx.ai/onnx/operators/onnx__Neg.html",
      .samples = neg_samples,
  }};
}
}  // namespace ops

}  // namespace asg
