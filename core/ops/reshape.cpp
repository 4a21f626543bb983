#include <fmt/format.h>

#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/view_forms.hpp"

namespace asg {
namespace {

Types reshape_infer(const Signature& call) {
  const Shape shape = rules::shape(call);
  if (shape.numel() != call.shape(0).numel())
    call.fail(fmt::format("{} has {} elements, {} has {}", to_string(call.shape(0)),
                          call.shape(0).numel(), to_string(shape), shape.numel()));
  return {{call.dtype(0), shape}};
}

Tensors reshape_gradient(const GradientCall& call) {
  const Shape shape = call.in(0).shape();
  return {reshape(call.dy(), shape)};
}

// The coefficients of an affine form over the axes of another shape of the same elements; nullopt
// where no form says the same. Axes of size 1 contribute nothing and get 0.
//
// Axes of `from` and `to` are walked together in the smallest groups of equal products. Within a
// group the old axes must step as one axis would, and that one is cut into the new axes.
std::optional<Shape> regrouped(const Shape& coef, const Shape& from, const Shape& to) {
  Shape result = to;
  for (std::int64_t& c : result) c = 0;
  int i = 0;
  int j = 0;
  const auto skip_ones = [](const Shape& shape, int& axis) {
    while (axis < shape.rank() && shape[axis] == 1) ++axis;
    return axis < shape.rank();
  };
  while (skip_ones(from, i) && skip_ones(to, j)) {
    const int group = j;
    std::int64_t old_product = from[i];
    std::int64_t new_product = to[j];
    while (old_product != new_product) {
      if (new_product < old_product) {
        new_product *= to[++j];
        continue;
      }
      const int previous = i;
      ++i;
      skip_ones(from, i);
      if (coef[previous] != coef[i] * from[i]) return std::nullopt;
      old_product *= from[i];
    }
    std::int64_t step = coef[i];
    for (int axis = j; axis >= group; --axis) {
      if (to[axis] != 1) result[axis] = step;
      step *= to[axis];
    }
    ++i;
    ++j;
  }
  return result;
}

std::optional<View> reshape_view(const View& operand, const Signature&, const TensorType& result) {
  if (result.shape.numel() == 0) return View::row_major(result.shape);
  bool possible = true;
  const View reshaped = changed(operand, result.shape, [&](std::int64_t&, Shape& coef) {
    const auto form = regrouped(coef, operand.shape, result.shape);
    possible = possible && form.has_value();
    coef = form.value_or(result.shape);
  });
  return possible ? std::optional(reshaped) : std::nullopt;
}

std::optional<Array> reshape_evaluate(std::span<const Array> operands, const TensorType& result) {
  return operands[0].reshaped(result.shape);
}

std::vector<Sample> reshape_samples() {
  const auto sample = [](const Array& x, const Shape& shape) {
    return Sample{.inputs = {x},
                  .attributes = {{"shape", shape.to_vector()}},
                  .outputs = {x.reshaped(shape)}};
  };
  return {sample(spread({6}), {2, 3}),
          sample(spread({2, 3, 4}), {4, 6}),
          sample(spread({2, 3, 4}), {24}),
          sample(spread({1}), {}),
          sample(spread({}), {1, 1}),
          sample(spread({2, 1, 3}), {3, 1, 2, 1}),
          sample(Array(f64, {0, 3}), {5, 0, 2}),
          sample(spread({2, 2}), {2, 2})};
}

// Replaces the one -1 by what the number of elements leaves.
Shape completed(const Call& call, Shape shape, std::int64_t numel) {
  std::int64_t* open = nullptr;
  for (std::int64_t& size : shape) {
    if (size >= 0) continue;
    call.require(size == -1, "a size is negative; only -1 has a meaning");
    call.require(open == nullptr, "only one size may be -1");
    open = &size;
  }
  if (open == nullptr) return shape;
  *open = 1;
  const std::int64_t known = shape.numel();
  call.require(known != 0, "-1 could be anything when another size is 0");
  if (numel % known != 0)
    call.fail(fmt::format("{} elements cannot be cut into rows of {}", numel, known));
  *open = numel / known;
  return shape;
}

}  // namespace

Tensor reshape(const Operand& x, const Shape& shape) {
  const Call call("reshape", {x});
  const Shape whole = completed(call, shape, x.tensor().numel());
  return call.make("reshape", {x.tensor()}, {{"shape", whole.to_vector()}});
}

Tensor flatten(const Operand& x, Axis start, Axis end) {
  const Call call("flatten", {x});
  const Shape shape = x.tensor().shape();
  if (shape.rank() == 0) return reshape(x, {1});
  const int first = call.axis(start, shape.rank());
  const int last = call.axis(end, shape.rank());
  call.require(first <= last, "the first axis must not come after the last");
  Shape joined = shape.slice(0, first);
  joined.push_back(shape.slice(first, last + 1).numel());
  for (int axis = last + 1; axis < shape.rank(); ++axis) joined.push_back(shape[axis]);
  return reshape(x, joined);
}

Tensor squeeze(const Operand& x, const Axes& axes) {
  const Call call("squeeze", {x});
  const Shape shape = x.tensor().shape();
  Ints removed = axes;
  if (removed.empty()) {
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (shape[axis] == 1) removed.push_back(axis);
  } else {
    removed = call.axes(removed, shape.rank());
  }
  Shape rest = shape;
  for (auto axis = removed.rbegin(); axis != removed.rend(); ++axis) {
    const int d = static_cast<int>(*axis);
    if (shape[d] != 1)
      call.fail(fmt::format("axis {} has size {}; only axes of size 1 can go", d, shape[d]));
    rest.erase(d);
  }
  return reshape(x, rest);
}

Tensor unsqueeze(const Operand& x, Axis axis) {
  const Call call("unsqueeze", {x});
  Shape shape = x.tensor().shape();
  call.require(shape.rank() < max_rank, "the tensor has the most axes there can be already");
  shape.insert(call.axis(axis, shape.rank() + 1), 1);
  return reshape(x, shape);
}

namespace ops {
std::vector<OpDef> reshape() {
  return {{
      .name = "reshape",
      .summary = "The same elements in row-major order under another shape.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "[shape]", "as x"}},
      .attributes = {{"shape", AttributeType::integers, "sizes with the same product"}},
      .infer = reshape_infer,
      .gradient = reshape_gradient,
      .lowering = {.view = reshape_view},
      .evaluate = reshape_evaluate,
      .source = "https://openxla.org/stablehlo/spec#reshape",
      .samples = reshape_samples,
  }};
}
}  // namespace ops

}  // namespace asg
