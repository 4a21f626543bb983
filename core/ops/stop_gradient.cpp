#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::optional<View> stop_gradient_view(const View& operand, const Signature&, const TensorType&) {
  return operand;
}

std::vector<Sample> stop_gradient_samples() {
  return unary_constants({-2, 2}, [](double x) { return x; });
}

}  // namespace

Tensor stop_gradient(const Operand& x) {
  const Call call("stop_gradient", {x});
  return call.make("stop_gradient", {x.tensor()});
}

namespace ops {
std::vector<OpDef> stop_gradient() {
  return {{
      .name = "stop_gradient",
      .summary = "x itself; to differentiation a constant.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = same_as_first,
      .no_gradient = "what it is for",
      .lowering = {.view = stop_gradient_view},
      .source = "https://jax.readthedocs.io/en/latest/_autosummary/jax.lax.stop_gradient.html",
      .samples = stop_gradient_samples,
  }};
}
}  // namespace ops

}  // namespace asg
