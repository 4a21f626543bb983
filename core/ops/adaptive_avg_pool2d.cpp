#include <asg/ops/elementwise.hpp>
#include <asg/ops/pooling.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/samples.hpp"
#include "ops/weighted_terms.hpp"
#include "ops/window_rules.hpp"
#include "ops/window_taps.hpp"

namespace asg {
namespace {

Types adaptive_avg_pool2d_infer(const Signature& call) { return windows::infer_adaptive(call, 2); }

terms::Terms adaptive_terms(std::int64_t size, std::int64_t count) {
  terms::Terms result(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const windows::Part part = windows::part(i, count, size);
    for (std::int64_t k = part.first; k < part.end; ++k)
      result[static_cast<std::size_t>(i)].push_back({k, 1});
  }
  return result;
}

// The axes whose windows are equal and stand side by side, as a window.
Window adaptive_even(const Ints& image, const Ints& output) {
  Window even{{1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};
  for (std::size_t i = 0; i < 2; ++i)
    if (image[i] % output[i] == 0) even.size[i] = even.stride[i] = image[i] / output[i];
  return even;
}

// By the number of elements in each window.
Tensor adaptive_divided(const Tensor& sums, const Ints& image, const Ints& output) {
  const Window even = adaptive_even(image, output);
  Tensor y = sums / static_cast<double>(even.size[0] * even.size[1]);
  for (std::size_t i = 0; i < 2; ++i) {
    if (image[i] % output[i] == 0) continue;
    Array lengths(sums.dtype(), i == 0 ? Shape{output[0], 1} : Shape{output[1]});
    for (std::int64_t k = 0; k < output[i]; ++k) {
      const windows::Part part = windows::part(k, output[i], image[i]);
      lengths.set(k, static_cast<double>(part.end - part.first));
    }
    y = y / sums.graph().constant(lengths);
  }
  return y;
}

Tensors adaptive_avg_pool2d_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Ints output = call.attributes.integers("output"), image = windows::image(x.shape());
  Tensor y = windows::sums(x, adaptive_even(image, output));
  for (std::size_t i = 0; i < 2; ++i)
    if (image[i] % output[i] != 0)
      y = terms::sums(y, x.rank() - 2 + static_cast<int>(i), adaptive_terms(image[i], output[i]));
  return {adaptive_divided(y, image, output)};
}

Tensors adaptive_avg_pool2d_gradient(const GradientCall& call) {
  const Ints output = call.attributes.integers("output"),
             image = windows::image(call.in(0).shape());
  Tensor dx = adaptive_divided(call.dy(), image, output);
  for (std::size_t i = 2; i-- > 0;)  // single elements while they are few, then rows
    if (image[i] % output[i] != 0)
      dx = terms::sums(dx, dx.rank() - 2 + static_cast<int>(i),
                       terms::adjoint(adaptive_terms(image[i], output[i]), image[i]));
  return {windows::spread_sums(dx, adaptive_even(image, output), image)};
}

// torch.nn.functional.adaptive_avg_pool2d in float64.
std::vector<Sample> adaptive_avg_pool2d_samples() {
  const Array x({1, 3, 4}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  const auto to = [](std::int64_t h, std::int64_t w) { return Attributes{{"output", Ints{h, w}}}; };
  return {
      {.inputs = {x}, .attributes = to(1, 1), .outputs = {Array({1, 1, 1}, {0.4791666666666667})}},
      {.inputs = {x},
       .attributes = to(2, 3),
       .outputs = {Array({1, 2, 3}, {0.125, -0.3125, 1.5625, 0.75, 0.1875, -0.4375})}},
      {.inputs = {x},
       .attributes = to(5, 2),
       .outputs = {Array({1, 5, 2},
                         {-0.25, 2.5, 0.125, 1.5625, 0.5, 0.625, 0.75, -0.4375, 1.0, -1.5})}},
      {.inputs = {x},
       .attributes = to(3, 4),
       .outputs = {Array({1, 3, 4},
                         {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0})}},
      {.inputs = {spread({2, 3, 5, 7})}, .attributes = to(3, 4)},
      {.inputs = {spread({2, 6, 7})}, .attributes = to(2, 3)},
      {.inputs = {spread({4, 6})}, .attributes = to(2, 3)},
      {.inputs = {spread({0, 2, 2})}, .attributes = to(1, 1), .outputs = {Array(f64, {0, 1, 1})}}};
}

}  // namespace

namespace ops {
std::vector<OpDef> adaptive_avg_pool2d() {
  return {{
      .name = "adaptive_avg_pool2d",
      .summary = "Means of windows that divide the last two axes as evenly as can be.",
      .inputs = {{"x", "[..., H, W]", "float"}},
      .outputs = {{"y", "[..., OH, OW]", "as x"}},
      .attributes = {{"output", AttributeType::integers, "the size of y, {OH, OW}"}},
      .infer = adaptive_avg_pool2d_infer,
      .gradient = adaptive_avg_pool2d_gradient,
      .decompose = adaptive_avg_pool2d_body,
      .source =
          "https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html",
      .samples = adaptive_avg_pool2d_samples,
  }};
}
}  // namespace ops

}  // namespace asg
