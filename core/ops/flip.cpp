#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/view_forms.hpp"

namespace asg {
namespace {

Types flip_infer(const Signature& call) {
  std::vector<bool> seen(static_cast<std::size_t>(call.shape(0).rank()));
  for (const std::int64_t axis : call.attributes.integers("axes")) {
    const auto i = static_cast<std::size_t>(axis);
    call.require(axis >= 0 && i < seen.size() && !seen[i], "axes must be of x, each once at most");
    seen[i] = true;
  }
  return {call.in(0)};
}

Tensors flip_gradient(const GradientCall& call) {
  const Ints& axes = call.attributes.integers("axes");
  return {axes.empty() ? call.dy() : flip(call.dy(), Axes(axes))};
}

std::optional<View> flip_view(const View& operand, const Signature& call,
                              const TensorType& result) {
  if (result.shape.numel() == 0) return operand;
  return changed(operand, result.shape, [&](std::int64_t& base, Shape& coef) {
    for (const std::int64_t axis : call.attributes.integers("axes")) {
      const int d = static_cast<int>(axis);
      base += coef[d] * (result.shape[d] - 1);
      coef[d] = -coef[d];
    }
  });
}

std::vector<Sample> flip_samples() {
  const auto sample = [](const Array& x, const Ints& axes, const Array& y) {
    return Sample{.inputs = {x}, .attributes = {{"axes", axes}}, .outputs = {y}};
  };
  const Array x({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {sample(Array({3}, {1.0, 2.0, 3.0}), {0}, Array({3}, {3.0, 2.0, 1.0})),
          sample(x, {0}, Array({2, 3}, {4.0, 5.0, 6.0, 1.0, 2.0, 3.0})),
          sample(x, {1}, Array({2, 3}, {3.0, 2.0, 1.0, 6.0, 5.0, 4.0})),
          sample(x, {0, 1}, Array({2, 3}, {6.0, 5.0, 4.0, 3.0, 2.0, 1.0})),
          sample(Array(1.5), {}, Array(1.5)),
          sample(Array({1}, {2.0}), {0}, Array({1}, {2.0})),
          sample(Array(f64, {2, 0}), {0, 1}, Array(f64, {2, 0}))};
}

}  // namespace

Tensor flip(const Operand& x, const Axes& axes) {
  const Call call("flip", {x});
  return call.make("flip", {x.tensor()}, {{"axes", call.axes(axes, x.tensor().rank())}});
}

namespace ops {
std::vector<OpDef> flip() {
  return {{
      .name = "flip",
      .summary = "Reverses axes.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"axes", AttributeType::integers, "those to reverse"}},
      .infer = flip_infer,
      .gradient = flip_gradient,
      .lowering = {.view = flip_view},
      .source = "https://openxla.org/stablehlo/spec#reverse",
      .samples = flip_samples,
  }};
}
}  // namespace ops

}  // namespace asg
