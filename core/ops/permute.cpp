#include <numeric>
#include <utility>

#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/view_forms.hpp"

namespace asg {
namespace {

Shape permuted(const Shape& sizes, const Ints& axes) {
  Shape result = sizes;
  for (int i = 0; i < sizes.rank(); ++i)
    result[i] = sizes[static_cast<int>(axes[static_cast<std::size_t>(i)])];
  return result;
}

Types permute_infer(const Signature& call) {
  const Ints& axes = rules::per_axis(call, "axes");
  std::vector<bool> seen(axes.size());
  for (const std::int64_t axis : axes) {
    const auto i = static_cast<std::size_t>(axis);
    call.require(axis >= 0 && i < axes.size() && !seen[i], "axes must name every axis once");
    seen[i] = true;
  }
  return {{call.dtype(0), permuted(call.shape(0), axes)}};
}

Tensors permute_gradient(const GradientCall& call) {
  const Ints& axes = call.attributes.integers("axes");
  Axes inverse{std::vector<std::int64_t>(axes.size())};
  for (std::size_t i = 0; i < axes.size(); ++i)
    inverse[static_cast<std::size_t>(axes[i])] = static_cast<std::int64_t>(i);
  return {permute(call.dy(), inverse)};
}

std::optional<View> permute_view(const View& operand, const Signature& call,
                                 const TensorType& result) {
  const Ints& axes = call.attributes.integers("axes");
  return changed(operand, result.shape,
                 [&](std::int64_t&, Shape& coef) { coef = permuted(coef, axes); });
}

std::vector<Sample> permute_samples() {
  const auto sample = [](const Array& x, const Ints& axes, std::vector<Array> y = {}) {
    return Sample{.inputs = {x}, .attributes = {{"axes", axes}}, .outputs = std::move(y)};
  };
  return {sample(Array({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}), {1, 0},
                 {Array({3, 2}, {1.0, 4.0, 2.0, 5.0, 3.0, 6.0})}),
          sample(Array(1.5), {}, {Array(1.5)}),
          sample(Array({3}, {1.0, 2.0, 3.0}), {0}, {Array({3}, {1.0, 2.0, 3.0})}),
          sample(Array({2, 1, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}), {2, 0, 1},
                 {Array({3, 2, 1}, {1.0, 4.0, 2.0, 5.0, 3.0, 6.0})}),
          sample(Array(f64, {0, 2}), {1, 0}, {Array(f64, {2, 0})}),
          sample(spread({2, 3, 2, 4}), {3, 1, 0, 2})};
}

}  // namespace

Tensor permute(const Operand& x, const Axes& axes) {
  const Call call("permute", {x});
  const int rank = x.tensor().rank();
  call.require(axes.size() == static_cast<std::size_t>(rank), "needs one entry for each axis");
  Ints order;
  for (const std::int64_t axis : axes) order.push_back(call.axis(static_cast<int>(axis), rank));
  return call.make("permute", {x.tensor()}, {{"axes", order}});
}

Tensor transpose(const Operand& x, Axis axis_a, Axis axis_b) {
  const Call call("transpose", {x});
  const int rank = x.tensor().rank();
  Axes order{std::vector<std::int64_t>(static_cast<std::size_t>(rank))};
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(call.axis(axis_a, rank))],
            order[static_cast<std::size_t>(call.axis(axis_b, rank))]);
  return permute(x, order);
}

namespace ops {
std::vector<OpDef> permute() {
  return {{
      .name = "permute",
      .summary = "Reorders axes: axis i of the result is axis axes[i] of x.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "[x.shape[axes[0]], ...]", "as x"}},
      .attributes = {{"axes", AttributeType::integers, "every axis once"}},
      .infer = permute_infer,
      .gradient = permute_gradient,
      .lowering = {.view = permute_view},
      .source = "https://openxla.org/stablehlo/spec#transpose",
      .samples = permute_samples,
  }};
}
}  // namespace ops

}  // namespace asg
