#include <cmath>
#include <limits>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/pooling.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/sdk/composites.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

constexpr double lowest = -std::numeric_limits<double>::infinity();

// The shape of the pooled images. With padding of at most half a window each window meets x.
Shape max_pool2d_pooled(const Signature& call, const Shape& x) {
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  call.require(x.rank() >= 2, "x must be [..., H, W]");
  const Ints& kernel = call.attributes.integers("kernel");
  const Ints sides = windows::positions(call, x, kernel);
  const Ints& padding = call.attributes.integers("padding");
  for (std::size_t i = 0; i < 2; ++i)
    call.require(2 * padding[i] <= kernel[i], "padding must be at most half of the kernel");
  return windows::resized(x, sides);
}

Types max_pool2d_infer(const Signature& call) {
  return {{call.dtype(0), max_pool2d_pooled(call, call.shape(0))}};
}

Tensor patches(const Tensor& x, const Attributes& how) {
  return unfold(x, windows::window(how, how.integers("kernel")), lowest);
}

Tensors max_pool2d_body(const OpCall& call) {
  return {max(patches(call.in(0), call.attributes), {-2, -1})};
}

Tensors max_pool2d_gradient(const GradientCall& call) {
  return {apply(find_op("max_pool2d_backward"), {call.dy(), call.in(0)}, call.attributes)};
}

Types max_pool2d_infer_backward(const Signature& call) {
  using namespace sdk::composites::max_pool2d_backward;
  call.require_same_types();
  call.require(max_pool2d_pooled(call, call.shape(x)) == call.shape(dy),
               "dy must have the pooled shape");
  return {call.in(x)};
}

// Of equal elements the first takes the gradient of its window, of NaN the last. The padding takes
// none, be the window -inf.
Tensors max_pool2d_backward(const OpCall& call) {
  namespace at = sdk::composites::max_pool2d_backward;
  const Tensor &dy = call.in(at::dy), &x = call.in(at::x);
  const Attributes& how = call.attributes;
  const Tensor windows = patches(x, how);
  const Shape shape = windows.shape();
  const std::int64_t size = shape.at(-2) * shape.at(-1);
  Shape flat = shape.slice(0, shape.rank() - 1);
  flat[flat.rank() - 1] = size;
  const Tensor inside = unfold(ones(x.graph(), Shape(windows::image(x.shape())), i32),
                               windows::window(how, how.integers("kernel"))) > 0;
  const Tensor nan = ne(windows, windows);
  const Tensor largest = logical_or(nan, eq(windows, max(windows, {-2, -1}, true)));
  const Tensor place = iota(x.graph(), {size}, 0, i32);
  const auto flattened = [&](const Tensor& t) { return reshape(t, flat); };
  const Tensor claim = where(flattened(nan), place + 1, 1);
  const Tensor claims =
      where(flattened(logical_and(broadcast_to(inside, shape), largest)), claim, 0);
  const Tensor winner = cast(argmax(claims, -1, true), i32);
  const Tensor parts = where(eq(winner, place), unsqueeze(dy, -1), 0);
  return {fold(reshape(parts, shape), windows::window(how, how.integers("kernel")),
               Shape(windows::image(x.shape())))};
}

Attributes max_pool2d_options(Pair kernel, Pair stride, Pair padding, Pair dilation) {
  return {{"kernel", windows::list(kernel)},
          {"stride", windows::list(stride)},
          {"padding", windows::list(padding)},
          {"dilation", windows::list(dilation)}};
}

// torch.nn.functional.max_pool2d and its gradient in float64.
std::vector<Sample> max_pool2d_samples() {
  const Array x({1, 3, 4}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  std::vector<Sample> result = {
      {.inputs = {x},
       .attributes = max_pool2d_options(2, 1, 0, 1),
       .outputs = {Array({1, 2, 3}, {3.5, 2.0, 3.0, 6.0, 6.0, 1.0})}},
      {.inputs = {x},
       .attributes = max_pool2d_options({2, 3}, {2, 1}, 1, 1),
       .outputs = {Array({1, 2, 4}, {0.5, 2.0, 3.0, 3.0, 6.0, 6.0, 6.0, 1.0})}},
      {.inputs = {x},
       .attributes = max_pool2d_options(2, 1, 0, 2),
       .outputs = {Array({1, 1, 2}, {2.0, 6.0})}}};
  for (const Shape& shape : std::vector<Shape>{{5, 6}, {2, 3, 4, 4}, {1, 1, 2, 2}, {0, 2, 4, 4}})
    result.push_back(
        {.inputs = {spread(shape)}, .attributes = max_pool2d_options(2, 2, {0, 1}, 1)});
  return result;
}

std::vector<Sample> max_pool2d_backward_samples() {
  // Ties: the gradient goes to the first of the largest.
  const Array equal({1, 2, 2}, {7.0, 7.0, 7.0, 7.0});
  Sample ties = kink({Array({1, 1, 1}, {3.0}), equal}, Array({1, 2, 2}, {3.0, 0.0, 0.0, 0.0}));
  ties.attributes = max_pool2d_options(2, 2, 0, 1);
  // Windows that begin in the padding and hold nothing larger.
  Sample lowest_of_all =
      kink({Array({1, 2, 2}, {1.0, 2.0, 3.0, 4.0}), Array::full(f64, {1, 2, 2}, lowest)},
           Array({1, 2, 2}, {1.0, 2.0, 3.0, 4.0}));
  lowest_of_all.attributes = max_pool2d_options(2, 2, 1, 1);
  // As in PyTorch, whose comparison lets a NaN win over all before it.
  const double none = std::nan("");
  Sample of_nan =
      kink({Array({1, 1, 2}, {1.0, 2.0}), Array({1, 2, 3}, {none, 1.0, 5.0, none, 2.0, 4.0})},
           Array({1, 2, 3}, {0.0, 0.0, 2.0, 1.0, 0.0, 0.0}));
  of_nan.attributes = max_pool2d_options(2, 1, 0, 1);
  const Array x({1, 3, 4}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  return {
      ties,
      lowest_of_all,
      of_nan,
      {.inputs = {Array({1, 2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}), x},
       .attributes = max_pool2d_options(2, 1, 0, 1),
       .outputs = {Array({1, 3, 4}, {0.0, 0.0, 2.0, 3.0, 1.0, 0.0, 0.0, 6.0, 0.0, 9.0, 0.0, 0.0})}},
      {.inputs = {spread({2, 2, 3, 2}, -1, 1, 1), spread({2, 2, 5, 4}, -1, 1, 2)},
       .attributes = max_pool2d_options({3, 2}, {2, 2}, {1, 0}, 1)},
      {.inputs = {spread({2, 2}, -1, 1, 1), spread({4, 4}, -1, 1, 2)},
       .attributes = max_pool2d_options(2, 1, 0, 2)}};
}

}  // namespace

Tensor max_pool2d(const Operand& x, Pair kernel, const MaxPool2dOptions& how) {
  const Call call("max_pool2d", {x});
  return call.make(
      "max_pool2d", {call.as_float(call.tensor(x))},
      max_pool2d_options(kernel, how.stride.value_or(kernel), how.padding, how.dilation));
}

namespace ops {
std::vector<OpDef> max_pool2d() {
  const std::vector<AttributeDef> attributes = {
      {"kernel", AttributeType::integers, "size of the window, {height, width}"},
      {"stride", AttributeType::integers, "steps of the window, {height, width}"},
      {"padding", AttributeType::integers,
       "elements on both sides that are never the largest, {height, width}"},
      {"dilation", AttributeType::integers, "distance of the window's elements, {height, width}"}};
  return {
      {
          .name = "max_pool2d",
          .summary = "The largest element of each window over the last two axes.",
          .inputs = {{"x", "[..., H, W]", "float"}},
          .outputs = {{"y", "[..., OH, OW]", "as x"}},
          .attributes = attributes,
          .infer = max_pool2d_infer,
          .gradient = max_pool2d_gradient,
          .decompose = max_pool2d_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html",
          .samples = max_pool2d_samples,
      },
      {
          .name = "max_pool2d_backward",
          .summary =
              "dy, moved to the first of the largest elements of each window of x, or to the "
              "last NaN.",
          .inputs = {{"dy", "[..., OH, OW]", "float"}, {"x", "[..., H, W]", "as dy"}},
          .outputs = {{"dx", "as x", "as dy"}},
          .attributes = attributes,
          .infer = max_pool2d_infer_backward,
          .decompose = max_pool2d_backward,
          .samples = max_pool2d_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
