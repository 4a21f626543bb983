#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> sign_samples() {
  return joined(unary_constants({-2, 3}, [](double x) { return x < 0 ? -1.0 : 1.0; }),
                {kink({Array({2}, {0.0, -0.0})}, Array({2}, {0.0, -0.0}))});
}

}  // namespace

Tensor sign(const Operand& x) { return elementwise("sign", {x}); }

namespace ops {
std::vector<OpDef> sign() {
  return {{
      .name = "sign",
      .summary = "-1, 0 or 1; NaN of NaN.",
      .inputs = {{"x", "[...]", "number"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = rules::numbers,
      .no_gradient = "constant wherever it is smooth",
      .lowering = {.instruction = ASG_EW_SIGN},
      .source = "https://onnx.ai/onnx/operators/onnx__Sign.html",
      .samples = sign_samples,
  }};
}
}  // namespace ops

}  // namespace asg
