// unfold and fold, each the gradient of the other.
#include <fmt/format.h>

#include <asg/sdk/backend.h>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/view_forms.hpp"

namespace asg {
namespace {

Window window_of(const Attributes& attributes) {
  return {attributes.integers("sizes"), attributes.integers("strides"),
          attributes.integers("dilations"), attributes.integers("pads"),
          attributes.integers("pads_high")};
}

Attributes attributes_of(const Call& call, const Window& window) {
  const std::size_t n = window.size.size();
  const auto complete = [&](const Ints& given, std::int64_t missing, std::string_view what) {
    if (!given.empty() && given.size() != n)
      call.fail(
          fmt::format("the window covers {} axes, but {} are given for {}", n, given.size(), what));
    return given.empty() ? Ints(n, missing) : given;
  };
  return {{"sizes", window.size},
          {"strides", complete(window.stride, 1, "its stride")},
          {"dilations", complete(window.dilation, 1, "its dilation")},
          {"pads", complete(window.pad_low, 0, "its low padding")},
          {"pads_high", complete(window.pad_high, 0, "its high padding")}};
}

// The positions O of the window over axes of the given sizes; checks the attributes.
Ints positions(const Signature& call, std::span<const std::int64_t> sizes) {
  const Window w = window_of(call.attributes);
  const std::size_t n = w.size.size();
  call.require(n >= 1 && w.stride.size() == n && w.dilation.size() == n && w.pad_low.size() == n &&
                   w.pad_high.size() == n,
               "sizes, strides, dilations, pads and pads_high need one entry for each axis");
  call.require(sizes.size() == n, "the window must cover the trailing axes, one entry for each");
  Ints result;
  for (std::size_t i = 0; i < n; ++i) {
    call.require(w.size[i] >= 1 && w.stride[i] >= 1 && w.dilation[i] >= 1,
                 "sizes, strides and dilations must be at least 1");
    call.require(w.pad_low[i] >= 0 && w.pad_high[i] >= 0, "pads must not be negative");
    std::int64_t reach = 0;
    std::int64_t room = 0;
    const bool too_large = __builtin_mul_overflow(w.dilation[i], w.size[i] - 1, &reach) ||
                           __builtin_add_overflow(reach, 1, &reach) ||
                           __builtin_add_overflow(sizes[i], w.pad_low[i], &room) ||
                           __builtin_add_overflow(room, w.pad_high[i], &room);
    call.require(!too_large, "the window is larger than 64 bits can count");
    if (reach > room)
      call.fail(
          fmt::format("a window that reaches over {} elements does not fit into {}, padding "
                      "included",
                      reach, room));
    result.push_back((room - reach) / w.stride[i] + 1);
  }
  return result;
}

Types infer_unfold(const Signature& call) {
  const Shape& x = call.shape(0);
  const Ints& window = call.attributes.integers("sizes");
  const int n = static_cast<int>(window.size());
  call.require(n <= x.rank(), "the window covers more axes than x has");
  const int lead = x.rank() - n;
  const Ints steps = positions(call, std::span(x.begin() + lead, x.end()));
  Ints sizes(x.begin(), x.begin() + lead);
  sizes.insert(sizes.end(), steps.begin(), steps.end());
  sizes.insert(sizes.end(), window.begin(), window.end());
  return {{call.dtype(0), rules::checked_shape(call, sizes)}};
}

Types infer_fold(const Signature& call) {
  const Shape& x = call.shape(0);
  const Ints& window = call.attributes.integers("sizes");
  const Ints& spatial = call.attributes.integers("shape");
  const int n = static_cast<int>(window.size());
  call.require_type(call.dtype(0) != boolean, "needs numbers, not bool; cast first");
  call.require(2 * n <= x.rank(), "x needs two axes for each axis of the window");
  for (const std::int64_t size : spatial) call.require(size >= 0, "a size must not be negative");
  const Ints steps = positions(call, spatial);
  const int lead = x.rank() - 2 * n;
  for (int i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (x[lead + i] != steps[k] || x[lead + n + i] != window[k])
      call.fail(
          fmt::format("over an axis of size {} this window has {} positions of {} elements, "
                      "but x has {} of {}",
                      spatial[k], steps[k], window[k], x[lead + i], x[lead + n + i]));
  }
  Ints sizes(x.begin(), x.begin() + lead);
  sizes.insert(sizes.end(), spatial.begin(), spatial.end());
  return {{call.dtype(0), rules::checked_shape(call, sizes)}};
}

Tensors gradient_unfold(const GradientCall& call) {
  const Window window = window_of(call.attributes);
  const Shape x = call.in(0).shape();
  const int lead = x.rank() - static_cast<int>(window.size.size());
  return {fold(call.dy(), window, x.slice(lead, x.rank()))};
}

Tensors gradient_fold(const GradientCall& call) {
  return {unfold(call.dy(), window_of(call.attributes))};
}

// Old position o * stride + k * dilation - pad of each covered axis.
std::optional<View> unfold_view(const View& operand, const Signature& call,
                                const TensorType& result) {
  const Window w = window_of(call.attributes);
  const std::uint64_t fill = element_bits(call.dtype(0), call.attributes.number("value"));
  if (!operand.bounds.empty() && operand.fill != fill) return std::nullopt;
  const int n = static_cast<int>(w.size.size());
  const int lead = operand.shape.rank() - n;
  View padded = operand;
  for (int axis = lead; axis < operand.shape.rank(); ++axis) {
    Shape along(Ints(static_cast<std::size_t>(operand.shape.rank()), 0));
    along[axis] = 1;
    padded.bounds.push_back({0, operand.shape[axis], along});
  }
  padded.fill = fill;
  return changed(padded, result.shape, [&](std::int64_t& base, Shape& coef) {
    Shape wide = result.shape;
    for (int axis = 0; axis < lead; ++axis) wide[axis] = coef[axis];
    for (int i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      base -= coef[lead + i] * w.pad_low[k];
      wide[lead + i] = coef[lead + i] * w.stride[k];
      wide[lead + n + i] = coef[lead + i] * w.dilation[k];
    }
    coef = wide;
  });
}

// The same of what has been padded before.
Tensors unfold_padded(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Window window = window_of(call.attributes);
  const auto lead = static_cast<std::size_t>(x.rank()) - window.size.size();
  Ints low(lead, 0), high(lead, 0);
  low.insert(low.end(), window.pad_low.begin(), window.pad_low.end());
  high.insert(high.end(), window.pad_high.begin(), window.pad_high.end());
  const Tensor padded = pad(x, low, high, call.attributes.number("value"));
  return {unfold(padded, {window.size, window.stride, window.dilation, {}, {}})};
}

Attributes sample_attributes(const Window& w) {
  return {{"sizes", w.size},
          {"strides", w.stride},
          {"dilations", w.dilation},
          {"pads", w.pad_low},
          {"pads_high", w.pad_high}};
}

std::vector<Sample> unfold_samples() {
  const auto sample = [](const Array& x, const Window& window, double value,
                         std::vector<Array> y = {}) {
    Sample result{.inputs = {x}, .attributes = sample_attributes(window), .outputs = std::move(y)};
    result.attributes.set("value", value);
    return result;
  };
  const Array row({4}, {1.0, 2.0, 3.0, 4.0});
  return {
      sample(row, {{2}, {1}, {1}, {0}, {0}}, 0, {Array({3, 2}, {1.0, 2.0, 2.0, 3.0, 3.0, 4.0})}),
      sample(row, {{2}, {2}, {2}, {1}, {1}}, -1, {Array({2, 2}, {-1.0, 2.0, 2.0, 4.0})}),
      sample(row, {{3}, {1}, {1}, {1}, {1}}, 0,
             {Array({4, 3}, {0.0, 1.0, 2.0, 1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 3.0, 4.0, 0.0})}),
      sample(Array({1}, {5.0}), {{1}, {1}, {1}, {0}, {0}}, 0, {Array({1, 1}, {5.0})}),
      sample(Array(f64, {0, 3}), {{2}, {1}, {1}, {0}, {0}}, 0, {Array(f64, {0, 2, 2})}),
      sample(Array(f64, {0}), {{1}, {1}, {1}, {1}, {0}}, 0.5, {Array({1, 1}, {0.5})}),
      sample(spread({2, 5, 4}), {{3, 2}, {2, 1}, {1, 2}, {1, 0}, {1, 1}}, 0.25)};
}

std::vector<Sample> fold_samples() {
  const auto sample = [](const Array& x, const Window& window, const Shape& shape,
                         std::vector<Array> y = {}) {
    Sample result{.inputs = {x}, .attributes = sample_attributes(window), .outputs = std::move(y)};
    result.attributes.set("shape", shape.to_vector());
    return result;
  };
  return {sample(Array({3, 2}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}), {{2}, {1}, {1}, {0}, {0}}, {4},
                 {Array({4}, {1.0, 5.0, 9.0, 6.0})}),
          sample(Array({2, 2}, {1.0, 2.0, 3.0, 4.0}), {{2}, {2}, {2}, {1}, {1}}, {4},
                 {Array({4}, {0.0, 5.0, 0.0, 4.0})}),
          sample(Array({1, 1}, {5.0}), {{1}, {1}, {1}, {0}, {0}}, {1}, {Array({1}, {5.0})}),
          sample(Array(f64, {0, 2, 2}), {{2}, {1}, {1}, {0}, {0}}, {3}, {Array(f64, {0, 3})}),
          sample(Array({1, 1}, {5.0}), {{1}, {1}, {1}, {1}, {0}}, {0}, {Array(f64, {0})}),
          sample(spread({2, 3, 3, 3, 2}), {{3, 2}, {2, 1}, {1, 2}, {1, 0}, {1, 1}}, {5, 4})};
}

}  // namespace

Tensor unfold(const Operand& x, const Window& window, double pad_value) {
  const Call call("unfold", {x});
  Attributes attributes = attributes_of(call, window);
  attributes.set("value", pad_value);
  return call.make("unfold", {x.tensor()}, std::move(attributes));
}

Tensor fold(const Operand& x, const Window& window, const Shape& sizes) {
  const Call call("fold", {x});
  Attributes attributes = attributes_of(call, window);
  attributes.set("shape", sizes.to_vector());
  return call.make("fold", {x.tensor()}, std::move(attributes));
}

namespace ops {
std::vector<OpDef> unfold() {
  const std::vector<AttributeDef> window = {
      {"sizes", AttributeType::integers, "extent of the window, K"},
      {"strides", AttributeType::integers, "steps between its positions"},
      {"dilations", AttributeType::integers, "steps between its elements"},
      {"pads", AttributeType::integers, "padding before each axis"},
      {"pads_high", AttributeType::integers, "padding behind each axis"}};
  std::vector<AttributeDef> of_unfold = window;
  of_unfold.push_back({"value", AttributeType::number, "the padding"});
  std::vector<AttributeDef> of_fold = window;
  of_fold.push_back({"shape", AttributeType::integers, "the sizes S"});
  return {{
              .name = "unfold",
              .summary = "All positions O of a window K over the trailing axes.",
              .inputs = {{"x", "[..., S1..Sn]", "any"}},
              .outputs = {{"y", "[..., O1..On, K1..Kn]", "as x"}},
              .attributes = of_unfold,
              .infer = infer_unfold,
              .gradient = gradient_unfold,
              .lowering = {.view = unfold_view, .without_bounds = unfold_padded},
              .source = "https://pytorch.org/docs/stable/generated/torch.nn.Unfold.html",
              .samples = unfold_samples,
          },
          {
              .name = "fold",
              .summary = "Adds every position of a window back to where unfold takes it from.",
              .inputs = {{"x", "[..., O1..On, K1..Kn]", "number"}},
              .outputs = {{"y", "[..., S1..Sn]", "as x"}},
              .attributes = of_fold,
              .infer = infer_fold,
              .gradient = gradient_fold,
              .lowering = {.kernel = ASG_OP_FOLD},
              .source = "https://pytorch.org/docs/stable/generated/torch.nn.Fold.html",
              .samples = fold_samples,
          }};
}
}  // namespace ops

}  // namespace asg
