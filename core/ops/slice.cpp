#include <algorithm>

#include <fmt/format.h>

#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/view_forms.hpp"

namespace asg {
namespace {

Types slice_infer(const Signature& call) {
  const Ints& starts = rules::per_axis(call, "starts");
  const Ints& limits = rules::per_axis(call, "limits");
  const Ints& strides = rules::per_axis(call, "strides");
  Shape shape = call.shape(0);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    call.require(0 <= starts[i] && starts[i] <= limits[i] && limits[i] <= shape[axis],
                 "each axis needs 0 <= start <= limit <= size");
    call.require(strides[i] >= 1, "strides must be at least 1");
    const std::int64_t room = limits[i] - starts[i];
    shape[axis] = room == 0 ? 0 : (room - 1) / strides[i] + 1;
  }
  return {{call.dtype(0), shape}};
}

// Puts stride - 1 zeros behind each element of an axis, in three axes so that any rank will do.
Tensor dilated(const Tensor& x, int axis, std::int64_t stride) {
  Shape shape = x.shape();
  const std::int64_t outer = shape.slice(0, axis).numel();
  const std::int64_t inner = shape.slice(axis + 1, shape.rank()).numel();
  const Ints low = {0, 0, 0};
  const Ints high = {0, 0, (stride - 1) * inner};
  const Tensor gaps = pad(reshape(x, {outer, shape[axis], inner}), low, high);
  shape[axis] *= stride;
  return reshape(gaps, shape);
}

Tensors slice_gradient(const GradientCall& call) {
  const Attributes& how = call.attributes;
  return {apply(find_op("slice_backward"), {call.dy()},
                {{"starts", how.integers("starts")},
                 {"strides", how.integers("strides")},
                 {"shape", call.in(0).shape().to_vector()}})};
}

Types slice_infer_backward(const Signature& call) {
  const Ints& starts = rules::per_axis(call, "starts");
  const Ints& strides = rules::per_axis(call, "strides");
  const Shape shape = rules::shape(call);
  const Shape& dy = call.shape(0);
  call.require_type(call.dtype(0) != boolean, "needs numbers, not bool; cast first");
  call.require(shape.rank() == dy.rank(), "shape must have the rank of dy");
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    call.require(starts[i] >= 0 && starts[i] <= shape[axis] && strides[i] >= 1,
                 "each axis needs 0 <= start <= size and a stride of at least 1");
    call.require(dy[axis] == 0 || (starts[i] < shape[axis] &&
                                   dy[axis] - 1 <= (shape[axis] - 1 - starts[i]) / strides[i]),
                 "dy reaches beyond the shape");
  }
  return {{call.dtype(0), shape}};
}

// dy where it was read, zeros elsewhere.
Tensors slice_backward(const OpCall& call) {
  const Shape whole = call.attributes.shape("shape");
  const Ints& starts = call.attributes.integers("starts");
  const Ints& strides = call.attributes.integers("strides");
  Tensor dx = call.in(0);
  Ints low(starts.size());
  Ints high(starts.size());
  for (int axis = 0; axis < whole.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    const std::int64_t rest = whole[axis] - starts[i];
    if (strides[i] > 1 && dx.size(axis) > 1 && dx.numel() > 0) dx = dilated(dx, axis, strides[i]);
    // The last element brought zeros that may stand beyond the end.
    if (dx.size(axis) > rest) dx = slice(dx, axis, 0, rest);
    low[i] = starts[i];
    high[i] = rest - dx.size(axis);
  }
  return {pad(dx, low, high)};
}

Tensors slice_gradient_backward(const GradientCall& call) {
  const Shape part = call.in(0).shape();
  const Ints& starts = call.attributes.integers("starts");
  const Ints& strides = call.attributes.integers("strides");
  Ints limits = starts;
  for (std::size_t i = 0; i < limits.size(); ++i)
    if (const std::int64_t size = part[static_cast<int>(i)]; size > 0)
      limits[i] += (size - 1) * strides[i] + 1;
  return {apply(find_op("slice"), {call.dy()},
                {{"starts", starts}, {"limits", limits}, {"strides", strides}})};
}

std::optional<View> slice_view(const View& operand, const Signature& call,
                               const TensorType& result) {
  const Ints& starts = call.attributes.integers("starts");
  const Ints& strides = call.attributes.integers("strides");
  return changed(operand, result.shape, [&](std::int64_t& base, Shape& coef) {
    for (int axis = 0; axis < coef.rank(); ++axis) {
      base += coef[axis] * starts[static_cast<std::size_t>(axis)];
      // A step that is never taken may be too large to multiply.
      if (result.shape[axis] > 1) coef[axis] *= strides[static_cast<std::size_t>(axis)];
    }
  });
}

std::vector<Sample> slice_samples() {
  const auto sample = [](const Array& x, const Ints& starts, const Ints& limits,
                         const Ints& strides, std::vector<Array> y = {}) {
    return Sample{.inputs = {x},
                  .attributes = {{"starts", starts}, {"limits", limits}, {"strides", strides}},
                  .outputs = std::move(y)};
  };
  const Array row({5}, {1.0, 2.0, 3.0, 4.0, 5.0});
  return {sample(row, {1}, {4}, {1}, {Array({3}, {2.0, 3.0, 4.0})}),
          sample(row, {0}, {5}, {2}, {Array({3}, {1.0, 3.0, 5.0})}),
          sample(row, {1}, {5}, {3}, {Array({2}, {2.0, 5.0})}),
          sample(row, {0}, {5}, {7}, {Array({1}, {1.0})}),
          sample(row, {2}, {2}, {1}, {Array(f64, {0})}),
          sample(row, {2}, {2}, {2}, {Array(f64, {0})}),
          sample(Array(1.5), {}, {}, {}, {Array(1.5)}),
          sample(Array({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}), {0, 1}, {2, 3}, {1, 1},
                 {Array({2, 2}, {2.0, 3.0, 5.0, 6.0})}),
          sample(Array(f64, {0, 3}), {0, 0}, {0, 3}, {1, 2}, {Array(f64, {0, 2})}),
          sample(spread({5, 4, 7}), {1, 0, 2}, {5, 4, 7}, {2, 1, 3})};
}

std::vector<Sample> slice_backward_samples() {
  const auto sample = [](const Array& dy, const Ints& starts, const Ints& strides,
                         const Shape& shape, std::vector<Array> dx = {}) {
    return Sample{
        .inputs = {dy},
        .attributes = {{"starts", starts}, {"strides", strides}, {"shape", shape.to_vector()}},
        .outputs = std::move(dx)};
  };
  const Array row({2}, {1.0, 2.0});
  return {sample(row, {1}, {1}, {4}, {Array({4}, {0.0, 1.0, 2.0, 0.0})}),
          sample(row, {0}, {3}, {4}, {Array({4}, {1.0, 0.0, 0.0, 2.0})}),
          sample(row, {1}, {2}, {5}, {Array({5}, {0.0, 1.0, 0.0, 2.0, 0.0})}),
          sample(Array({1}, {3.0}), {1}, {7}, {2}, {Array({2}, {0.0, 3.0})}),
          sample(Array(f64, {0}), {2}, {1}, {2}, {Array({2}, {0.0, 0.0})}),
          sample(Array(f64, {0}), {0}, {2}, {0}, {Array(f64, {0})}),
          sample(Array(1.5), {}, {}, {}, {Array(1.5)}),
          sample(spread({2, 4, 2}), {1, 0, 2}, {2, 1, 3}, {5, 4, 7})};
}

}  // namespace

Tensor slice(const Operand& x, Axis axis, std::int64_t start, std::int64_t end, std::int64_t step) {
  const Call call("slice", {x});
  const Shape shape = x.tensor().shape();
  const int i = call.axis(axis, shape.rank());
  call.require(step >= 1, "the step must be at least 1; use flip to go backward");
  const auto clipped = [size = shape[i]](std::int64_t position) {
    return std::clamp<std::int64_t>(position < 0 ? position + size : position, 0, size);
  };
  Ints starts(static_cast<std::size_t>(shape.rank()), 0);
  Ints limits = shape.to_vector();
  Ints strides(static_cast<std::size_t>(shape.rank()), 1);
  const auto k = static_cast<std::size_t>(i);
  starts[k] = clipped(start);
  limits[k] = std::max(starts[k], clipped(end));
  strides[k] = std::min(step, std::max<std::int64_t>(shape[i], 1));
  return call.make("slice", {x.tensor()},
                   {{"starts", starts}, {"limits", limits}, {"strides", strides}});
}

Tensor select(const Operand& x, Axis axis, std::int64_t index) {
  const Call call("select", {x});
  Shape shape = x.tensor().shape();
  const int i = call.axis(axis, shape.rank());
  const std::int64_t size = shape[i];
  if (index < -size || index >= size)
    call.fail(fmt::format("position {} is outside of axis {}, whose size is {}", index, i, size));
  const std::int64_t position = index < 0 ? index + size : index;
  shape.erase(i);
  return reshape(slice(x, i, position, position + 1), shape);
}

std::vector<Tensor> chunk(const Operand& x, int parts, Axis axis) {
  const Call call("chunk", {x});
  const int i = call.axis(axis, x.tensor().rank());
  const std::int64_t size = x.tensor().shape()[i];
  if (parts < 1 || size % parts != 0)
    call.fail(fmt::format("axis {} of size {} cannot be cut into {} equal parts", i, size, parts));
  const std::int64_t each = size / parts;
  std::vector<Tensor> result;
  for (std::int64_t part = 0; part < parts; ++part)
    result.push_back(slice(x, i, part * each, (part + 1) * each));
  return result;
}

namespace ops {
std::vector<OpDef> slice() {
  return {{
              .name = "slice",
              .summary = "Elements start, start + stride, ... below limit of every axis.",
              .inputs = {{"x", "[...]", "any"}},
              .outputs = {{"y", "[(limit - start) / stride rounded up, ...]", "as x"}},
              .attributes = {{"starts", AttributeType::integers, "the first position of each axis"},
                             {"limits", AttributeType::integers, "the position behind the last"},
                             {"strides", AttributeType::integers, "steps, at least 1"}},
              .infer = slice_infer,
              .gradient = slice_gradient,
              .lowering = {.view = slice_view},
              .source = "https://openxla.org/stablehlo/spec#slice",
              .samples = slice_samples,
          },
          {
              .name = "slice_backward",
              .summary =
                  "dy at the positions start, start + stride, ... of every axis, zeros elsewhere.",
              .inputs = {{"dy", "[...]", "number"}},
              .outputs = {{"dx", "[shape]", "as dy"}},
              .attributes = {{"starts", AttributeType::integers, "the first position of each axis"},
                             {"strides", AttributeType::integers, "steps, at least 1"},
                             {"shape", AttributeType::integers, "the sizes of dx"}},
              .infer = slice_infer_backward,
              .gradient = slice_gradient_backward,
              .decompose = slice_backward,
              .samples = slice_backward_samples,
          }};
}
}  // namespace ops

}  // namespace asg
