#include <algorithm>

#include <asg/ops/creation.hpp>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/view_forms.hpp"

namespace asg {
namespace {

Types pad_infer(const Signature& call) {
  const Ints& low = rules::per_axis(call, "low");
  const Ints& high = rules::per_axis(call, "high");
  Shape shape = call.shape(0);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    call.require(low[i] >= 0 && high[i] >= 0, "pads must not be negative; slice cuts");
    const bool too_large = __builtin_add_overflow(shape[axis], low[i], &shape[axis]) ||
                           __builtin_add_overflow(shape[axis], high[i], &shape[axis]);
    call.require(!too_large, "an axis would be longer than 64 bits can count");
  }
  return {{call.dtype(0), shape}};
}

Tensors pad_gradient(const GradientCall& call) {
  const Shape inner = call.in(0).shape();
  const Ints& low = call.attributes.integers("low");
  Tensor dx = call.dy();
  for (int axis = 0; axis < inner.rank(); ++axis) {
    const std::int64_t start = low[static_cast<std::size_t>(axis)];
    if (dx.size(axis) != inner[axis]) dx = slice(dx, axis, start, start + inner[axis]);
  }
  return {dx};
}

std::optional<View> pad_view(const View& operand, const Signature& call, const TensorType& result) {
  const Ints& low = call.attributes.integers("low");
  const std::uint64_t fill = element_bits(call.dtype(0), call.attributes.number("value"));
  // A view has one fill.
  if (!operand.bounds.empty() && operand.fill != fill) return std::nullopt;
  View padded = operand;
  for (int axis = 0; axis < operand.shape.rank(); ++axis) {
    Shape along(Ints(static_cast<std::size_t>(operand.shape.rank()), 0));
    along[axis] = 1;
    padded.bounds.push_back({0, operand.shape[axis], along});
  }
  padded.fill = fill;
  // In the new index old position i stands at i + low. The bounds that always hold drop out.
  return changed(padded, result.shape, [&](std::int64_t& base, Shape& coef) {
    for (int axis = 0; axis < coef.rank(); ++axis)
      base -= coef[axis] * low[static_cast<std::size_t>(axis)];
  });
}

// x between blocks of the number, axis by axis.
Tensors pad_by_concat(const OpCall& call) {
  const Ints& low = call.attributes.integers("low");
  const Ints& high = call.attributes.integers("high");
  Tensor y = call.in(0);
  for (int axis = 0; axis < y.rank(); ++axis) {
    const auto block = [&](std::int64_t size) {
      Shape shape = y.shape();
      shape[axis] = size;
      return full(y.graph(), shape, call.attributes.number("value"), y.dtype());
    };
    const auto i = static_cast<std::size_t>(axis);
    Tensors parts;
    if (low[i] > 0) parts.push_back(block(low[i]));
    parts.push_back(y);
    if (high[i] > 0) parts.push_back(block(high[i]));
    if (parts.size() > 1) y = concat(parts, axis);
  }
  return {y};
}

std::vector<Sample> pad_samples() {
  const auto sample = [](const Array& x, const Ints& low, const Ints& high, double value,
                         std::vector<Array> y = {}) {
    return Sample{.inputs = {x},
                  .attributes = {{"low", low}, {"high", high}, {"value", value}},
                  .outputs = std::move(y)};
  };
  return {sample(Array({2}, {1.0, 2.0}), {1}, {2}, 0, {Array({5}, {0.0, 1.0, 2.0, 0.0, 0.0})}),
          sample(Array({2}, {1.0, 2.0}), {0}, {0}, 7, {Array({2}, {1.0, 2.0})}),
          sample(Array({2, 1}, {1.0, 2.0}), {0, 1}, {1, 0}, -1,
                 {Array({3, 2}, {-1.0, 1.0, -1.0, 2.0, -1.0, -1.0})}),
          sample(Array(1.5), {}, {}, 0, {Array(1.5)}),
          sample(Array(f64, {0}), {1}, {1}, 0.5, {Array({2}, {0.5, 0.5})}),
          sample(Array(f64, {2, 0}), {1, 0}, {0, 0}, 0, {Array(f64, {3, 0})}),
          sample(spread({2, 3, 2}), {1, 0, 2}, {0, 3, 1}, 0.25)};
}

}  // namespace

Tensor pad(const Operand& x, const std::vector<std::int64_t>& low,
           const std::vector<std::int64_t>& high, double value) {
  const Call call("pad", {x});
  return call.make("pad", {x.tensor()},
                   {{"low", Ints(low.begin(), low.end())},
                    {"high", Ints(high.begin(), high.end())},
                    {"value", value}});
}

namespace ops {
std::vector<OpDef> pad() {
  return {{
      .name = "pad",
      .summary = "Surrounds x with a number.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "[low + size + high, ...]", "as x"}},
      .attributes = {{"low", AttributeType::integers, "elements before each axis"},
                     {"high", AttributeType::integers, "elements behind each axis"},
                     {"value", AttributeType::number, "what they are"}},
      .infer = pad_infer,
      .gradient = pad_gradient,
      .lowering = {.view = pad_view, .without_bounds = pad_by_concat},
      .source = "https://openxla.org/stablehlo/spec#pad",
      .samples = pad_samples,
  }};
}
}  // namespace ops

}  // namespace asg
