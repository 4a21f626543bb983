#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types copy_infer(const Signature& call) { return {call.in(0)}; }

Tensors copy_gradient(const GradientCall& call) { return {call.dy()}; }

std::vector<Sample> copy_samples() {
  return unary_samples({-2, 2}, [](double x) { return x; });
}

}  // namespace

namespace ops {
std::vector<OpDef> copy() {
  return {{
      .name = "copy",
      .summary = "x in row-major memory of its own; passes add it where a view cannot be read.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "as x", "as x"}},
      .infer = copy_infer,
      .gradient = copy_gradient,
      .lowering = {.role = Lowering::Role::copy},
      .samples = copy_samples,
  }};
}
}  // namespace ops

}  // namespace asg
