#include <cmath>
#include <limits>

#include <asg/ops/pooling.hpp>
#include <asg/sdk/composites.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/window_rules.hpp"
#include "ops/window_taps.hpp"

namespace asg {
namespace {

constexpr double lowest = -std::numeric_limits<double>::infinity();

Types max_pool2d_infer(const Signature& call) {
  return {{call.dtype(0), windows::pooled(call, call.shape(0), 2)}};
}

Window max_pool2d_window(const Tensor& x, const Attributes& how) {
  return windows::window(how, x.shape(), how.integers("kernel"));
}

Tensors max_pool2d_body(const OpCall& call) {
  return {windows::maxima(call.in(0), max_pool2d_window(call.in(0), call.attributes))};
}

Tensors max_pool2d_gradient(const GradientCall& call) {
  return {apply(find_op("max_pool2d_backward"), {call.dy(), call.in(0)}, call.attributes)};
}

Types max_pool2d_infer_indices(const Signature& call) {
  const Shape& x = call.shape(0);
  const Shape pooled = windows::pooled(call, x, 2);
  windows::require_countable(call, 2);
  return {{i64, pooled}};
}

Tensors max_pool2d_indices(const OpCall& call) {
  return {windows::first_maxima(call.in(0), max_pool2d_window(call.in(0), call.attributes))};
}

Types max_pool2d_infer_backward(const Signature& call) {
  using namespace sdk::composites::max_pool2d_backward;
  call.require_same_types();
  call.require(windows::pooled(call, call.shape(x), 2) == call.shape(dy),
               "dy must have the pooled shape");
  return {call.in(x)};
}

// Of equal elements the first takes the gradient of its window, of NaN the last. What the padding
// takes, it loses.
Tensors max_pool2d_backward(const OpCall& call) {
  namespace at = sdk::composites::max_pool2d_backward;
  const Tensor &dy = call.in(at::dy), &x = call.in(at::x);
  const Tensor winner = apply(find_op("max_pool2d_indices"), {x}, call.attributes);
  return {windows::spread_maxima(dy, winner, max_pool2d_window(x, call.attributes),
                                 windows::image(x.shape()))};
}

Attributes max_pool2d_options(Pair kernel, Pair stride, Pair padding, Pair dilation,
                              bool ceil_mode = false) {
  return {{"kernel", windows::list(kernel)},
          {"stride", windows::list(stride)},
          {"padding", windows::list(padding)},
          {"dilation", windows::list(dilation)},
          {"ceil_mode", ceil_mode}};
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
       .outputs = {Array({1, 1, 2}, {2.0, 6.0})}},
      {.inputs = {x},
       .attributes = max_pool2d_options({2, 3}, 2, {0, 1}, 1, true),
       .outputs = {Array({1, 2, 3}, {3.5, 3.0, 3.0, 6.0, 6.0, 0.0})}}};
  for (const Shape& shape : std::vector<Shape>{{5, 6}, {2, 3, 4, 4}, {1, 1, 2, 2}, {0, 2, 4, 4}})
    result.push_back(
        {.inputs = {spread(shape)}, .attributes = max_pool2d_options(2, 2, {0, 1}, 1)});
  for (const Shape& shape : std::vector<Shape>{{7, 5}, {2, 1, 9, 10}})
    result.push_back(
        {.inputs = {spread(shape)}, .attributes = max_pool2d_options(2, 2, 0, 1, true)});
  return result;
}

// torch.nn.functional.max_pool2d(..., return_indices=True).
std::vector<Sample> max_pool2d_indices_samples() {
  const double none = std::nan("");
  const auto sample = [](const Array& x, Attributes how, const Shape& shape, const Ints& y) {
    Sample result = kink({x}, Array(shape, y));
    result.attributes = std::move(how);
    return result;
  };
  const Array x({1, 3, 4}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  return {sample(x, max_pool2d_options(2, 1, 0, 1), {1, 2, 3}, {4, 2, 3, 9, 9, 7}),
          sample(x, max_pool2d_options({2, 3}, 2, {0, 1}, 1, true), {1, 2, 3}, {4, 3, 3, 9, 9, 11}),
          sample(Array::full(f64, {2, 2, 2}, 7), max_pool2d_options(2, 2, 0, 1), {2, 1, 1}, {0, 0}),
          sample(Array::full(f64, {3, 3}, lowest), max_pool2d_options(2, 1, 1, 1), {4, 4},
                 {0, 0, 1, 2, 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8}),
          sample(Array({1, 2, 3}, {none, 1.0, 5.0, none, 2.0, 4.0}), max_pool2d_options(2, 1, 0, 1),
                 {1, 1, 2}, {3, 2}),
          sample(Array(f64, {0, 2, 2}), max_pool2d_options(1, 1, 0, 1), {0, 2, 2}, {})};
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
      {.inputs = {spread({2, 2, 3, 3}, -1, 1, 1), spread({2, 2, 5, 7}, -1, 1, 2)},
       .attributes = max_pool2d_options(2, {2, 3}, {1, 0}, 1, true)},
      {.inputs = {spread({1, 4, 5}, -1, 1, 1), spread({1, 7, 9}, -1, 1, 2)},
       .attributes = max_pool2d_options(2, 2, 0, 1, true)},
      {.inputs = {spread({2, 2}, -1, 1, 1), spread({4, 4}, -1, 1, 2)},
       .attributes = max_pool2d_options(2, 1, 0, 2)}};
}

}  // namespace

namespace ops {
std::vector<OpDef> max_pool2d() {
  const std::vector<AttributeDef> attributes = windows::max_pool_attributes();
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
          .name = "max_pool2d_indices",
          .summary = "Where the largest element of each window stands in its image, h * W + w: the "
                     "first of equals, or the last NaN; -1 where a window sees nothing.",
          .inputs = {{"x", "[..., H, W]", "float"}},
          .outputs = {{"y", "[..., OH, OW]", "i64"}},
          .attributes = attributes,
          .infer = max_pool2d_infer_indices,
          .decompose = max_pool2d_indices,
          .no_gradient = "the result is a position",
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html",
          .samples = max_pool2d_indices_samples,
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
