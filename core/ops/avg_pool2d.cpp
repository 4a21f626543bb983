#include <algorithm>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/pooling.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/window_rules.hpp"
#include "ops/window_taps.hpp"

namespace asg {
namespace {

Types avg_pool2d_infer(const Signature& call) {
  return {{call.dtype(0), windows::pooled(call, call.shape(0), 2)}};
}

Window avg_pool2d_window(const Ints& image, const Attributes& how) {
  return windows::window(how, Shape(image), how.integers("kernel"));
}

// How many elements of an axis of the given size count in each window.
std::vector<double> avg_pool2d_counts(const Window& w, std::size_t axis, std::int64_t padding,
                                      std::int64_t size, std::int64_t positions) {
  std::vector<double> counts;
  for (std::int64_t p = 0; p < positions; ++p) {
    const std::int64_t first = p * w.stride[axis] - w.pad_low[axis];
    counts.push_back(static_cast<double>(std::min(first + w.size[axis], size + padding) -
                                         std::max(first, -padding)));
  }
  return counts;
}

bool avg_pool2d_even(const std::vector<double>& counts) {
  return std::equal(counts.begin() + 1, counts.end(), counts.begin());
}

// Sums over windows, or sums that are to be spread, divided by the number of terms. `image` is the
// unpadded size.
Tensor divided(const Tensor& y, const Ints& image, const Attributes& how) {
  if (how.integer("divisor_override") != 0)
    return y / static_cast<double>(how.integer("divisor_override"));
  const Window w = avg_pool2d_window(image, how);
  const Ints sides = windows::image(y.shape());
  const auto counts = [&](std::size_t axis) {
    const std::int64_t padding = how.flag("count_include_pad") ? w.pad_low[axis] : 0;
    return avg_pool2d_counts(w, axis, padding, image[axis], sides[axis]);
  };
  const std::vector<double> rows = counts(0), columns = counts(1);
  if (avg_pool2d_even(rows) && avg_pool2d_even(columns)) return y / (rows[0] * columns[0]);
  Array divisors(y.dtype(), Shape(sides));
  std::int64_t i = 0;
  for (const double row : rows)
    for (const double column : columns) divisors.set(i++, row * column);
  return y / y.graph().constant(divisors);
}

Tensors avg_pool2d_body(const OpCall& call) {
  const Ints image = windows::image(call.in(0).shape());
  const Tensor sums = windows::sums(call.in(0), avg_pool2d_window(image, call.attributes));
  return {divided(sums, image, call.attributes)};
}

Tensors avg_pool2d_gradient(const GradientCall& call) {
  Attributes how = call.attributes;
  how.set("image", windows::image(call.in(0).shape()));
  return {apply(find_op("avg_pool2d_backward"), {call.dy()}, how)};
}

Types avg_pool2d_infer_backward(const Signature& call) {
  const Ints& image = call.attributes.integers("image");
  call.require(image.size() == 2 && call.shape(0).rank() >= 2,
               "dy must be [..., OH, OW] and image a height and a width");
  const Shape x = windows::resized(call.shape(0), image);
  call.require(windows::pooled(call, x, 2) == call.shape(0), "dy must have the pooled shape");
  return {{call.dtype(0), x}};
}

Tensors avg_pool2d_backward(const OpCall& call) {
  const Ints image = call.attributes.integers("image");
  const Tensor each = divided(call.in(0), image, call.attributes);
  return {windows::spread_sums(each, avg_pool2d_window(image, call.attributes), image)};
}

// Means are linear, and so is their adjoint.
Tensors avg_pool2d_backward_gradient(const GradientCall& call) {
  Attributes how;
  for (const auto& [name, value] : call.attributes)
    if (name != "image") how.set(name, value);
  return {apply(find_op("avg_pool2d"), {call.dy()}, how)};
}

Attributes avg_pool2d_options(Pair kernel, Pair stride, Pair padding, bool include,
                              bool ceil_mode = false, std::int64_t divisor = 0) {
  return {{"kernel", windows::list(kernel)},   {"stride", windows::list(stride)},
          {"padding", windows::list(padding)}, {"ceil_mode", ceil_mode},
          {"count_include_pad", include},      {"divisor_override", divisor}};
}

// torch.nn.functional.avg_pool2d and its gradient in float64.
std::vector<Sample> avg_pool2d_samples() {
  const Array x({1, 3, 4}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  std::vector<Sample> result = {
      {.inputs = {x},
       .attributes = avg_pool2d_options({2, 2}, {1, 1}, {0, 0}, true),
       .outputs = {Array({1, 2, 3}, {0.125, -0.3125, 1.5625, 0.75, 0.1875, -0.4375})}},
      {.inputs = {x},
       .attributes = avg_pool2d_options({2, 3}, {2, 1}, {1, 1}, true),
       .outputs = {Array({1, 2, 4},
                         {-0.08333333333333333, 0.25, 0.6666666666666666, 0.8333333333333334, 0.5,
                          0.041666666666666664, 0.2916666666666667, -0.2916666666666667})}},
      {.inputs = {x},
       .attributes = avg_pool2d_options({2, 3}, {2, 1}, {1, 1}, false),
       .outputs = {Array({1, 2, 4}, {-0.25, 0.5, 1.3333333333333333, 2.5, 0.75,
                                     0.041666666666666664, 0.2916666666666667, -0.4375})}}};
  for (const Shape& shape : std::vector<Shape>{{5, 6}, {2, 3, 4, 4}, {1, 1, 2, 2}, {0, 2, 4, 4}})
    result.push_back(
        {.inputs = {spread(shape)}, .attributes = avg_pool2d_options(2, 2, {0, 1}, false)});
  for (const bool include : {false, true})
    result.push_back({.inputs = {spread({2, 5, 6})},
                      .attributes = avg_pool2d_options({2, 3}, {2, 4}, {1, 1}, include, true)});
  result.push_back(
      {.inputs = {spread({4, 5})}, .attributes = avg_pool2d_options(2, 1, 1, false, false, 3)});
  return result;
}

std::vector<Sample> avg_pool2d_backward_samples() {
  const auto with = [](Attributes how, Ints image) {
    how.set("image", image);
    return how;
  };
  const Array dy({1, 2, 4}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0});
  return {{.inputs = {dy},
           .attributes = with(avg_pool2d_options({2, 3}, {2, 1}, 1, true), {3, 4}),
           .outputs = {Array({1, 3, 4}, {0.5, 1.0, 1.5, 1.1666666666666665, 1.8333333333333335, 3.0,
                                         3.5, 2.5, 1.8333333333333335, 3.0, 3.5, 2.5})}},
          {.inputs = {dy},
           .attributes = with(avg_pool2d_options({2, 3}, {2, 1}, 1, false), {3, 4}),
           .outputs = {Array({1, 3, 4},
                             {1.1666666666666665, 2.1666666666666665, 3.6666666666666665, 3.0, 2.25,
                              3.416666666666667, 4.166666666666667, 3.166666666666667, 2.25,
                              3.416666666666667, 4.166666666666667, 3.166666666666667})}},
          {.inputs = {spread({2, 2, 3, 2}, -1, 1, 1)},
           .attributes = with(avg_pool2d_options({3, 2}, {2, 2}, {1, 0}, true), {5, 4})},
          {.inputs = {spread({1, 3, 3}, -1, 1, 1)},
           .attributes = with(avg_pool2d_options(2, {2, 3}, {1, 0}, true, true), {5, 7})},
          {.inputs = {spread({2, 2}, -1, 1, 1)},
           .attributes = with(avg_pool2d_options(2, 2, 0, true, false, 7), {4, 4})}};
}

}  // namespace

namespace ops {
std::vector<OpDef> avg_pool2d() {
  const std::vector<AttributeDef> attributes = windows::avg_pool_attributes();
  std::vector<AttributeDef> for_input = attributes;
  for_input.push_back({"image", AttributeType::integers, "the size of dx, {H, W}"});
  return {
      {
          .name = "avg_pool2d",
          .summary = "The mean of each window over the last two axes.",
          .inputs = {{"x", "[..., H, W]", "float"}},
          .outputs = {{"y", "[..., OH, OW]", "as x"}},
          .attributes = attributes,
          .infer = avg_pool2d_infer,
          .gradient = avg_pool2d_gradient,
          .decompose = avg_pool2d_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html",
          .samples = avg_pool2d_samples,
      },
      {
          .name = "avg_pool2d_backward",
          .summary = "dy, shared equally by the elements of each window.",
          .inputs = {{"dy", "[..., OH, OW]", "float"}},
          .outputs = {{"dx", "[..., H, W]", "as dy"}},
          .attributes = for_input,
          .infer = avg_pool2d_infer_backward,
          .gradient = avg_pool2d_backward_gradient,
          .decompose = avg_pool2d_backward,
          .samples = avg_pool2d_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
