// adaptive_max_pool2d and where its elements stand.
#include <cmath>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/pooling.hpp>

#include "ops/samples.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

Types adaptive_max_pool2d_infer(const Signature& call) { return windows::infer_adaptive(call, 2); }

Types adaptive_max_pool2d_infer_indices(const Signature& call) {
  Types types = windows::infer_adaptive(call, 2);
  windows::require_countable(call, 2);
  types[0].dtype = i64;
  return types;
}

Tensors adaptive_max_pool2d_indices(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Ints output = call.attributes.integers("output");
  const Shape image(windows::image(x.shape()));
  const Tensor places =
      windows::adaptive_windows(reshape(arange(x.graph(), 0, image.numel()), image), output);
  return {windows::first_largest(windows::adaptive_windows(x, output), places, image.numel(),
                                 {-3, -1})};
}

// Windows of one size are those of max_pool2d, which backends claim.
Tensors adaptive_max_pool2d_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Ints output = call.attributes.integers("output"), image = windows::image(x.shape());
  if (image[0] % output[0] == 0 && image[1] % output[1] == 0) {
    const Pair kernel(image[0] / output[0], image[1] / output[1]);
    return {max_pool2d(x, kernel)};
  }
  const Tensor indices = apply(find_op("adaptive_max_pool2d_indices"), {x}, call.attributes);
  const Tensor taken = take_along_dim(flatten(x, -2, -1), flatten(indices, -2, -1), -1);
  return {reshape(taken, indices.shape())};
}

// torch.nn.functional.adaptive_max_pool2d(..., return_indices=True).
Sample adaptive_max_pool2d_sample(const Array& x, std::int64_t h, std::int64_t w, const Array& y) {
  return {.inputs = {x}, .attributes = {{"output", Ints{h, w}}}, .outputs = {y}};
}

const Array& adaptive_max_pool2d_example() {
  static const Array x({1, 3, 4},
                       {0.5, -1.0, 2.0, 3.0, 3.5, -2.5, 0.25, 1.0, -4.0, 6.0, -3.0, 0.0});
  return x;
}

std::vector<Sample> adaptive_max_pool2d_samples() {
  const Array& x = adaptive_max_pool2d_example();
  const double none = std::nan(""), lowest = -std::numeric_limits<double>::infinity();
  std::vector<Sample> result = {
      adaptive_max_pool2d_sample(x, 1, 1, Array({1, 1, 1}, {6.0})),
      adaptive_max_pool2d_sample(x, 2, 3, Array({1, 2, 3}, {3.5, 2.0, 3.0, 6.0, 6.0, 1.0})),
      adaptive_max_pool2d_sample(x, 3, 4, x),
      adaptive_max_pool2d_sample(Array(f64, {0, 2, 3}), 2, 2, Array(f64, {0, 2, 2})),
      {.inputs = {spread({2, 2, 5, 7})}, .attributes = {{"output", Ints{3, 4}}}},
      {.inputs = {spread({2, 3})}, .attributes = {{"output", Ints{5, 2}}}},
      {.inputs = {spread({1, 4, 6})}, .attributes = {{"output", Ints{2, 3}}}},
      adaptive_max_pool2d_sample(Array({1, 5}, {lowest, lowest, none, 1e30, 1e30}), 1, 3,
                                 Array({1, 3}, {lowest, none, 1e30}))};
  result.back().gradient = false;
  return result;
}

std::vector<Sample> adaptive_max_pool2d_indices_samples() {
  const Array& x = adaptive_max_pool2d_example();
  const double none = std::nan(""), lowest = -std::numeric_limits<double>::infinity();
  std::vector<Sample> result = {
      adaptive_max_pool2d_sample(x, 1, 1, Array({1, 1, 1}, Ints{9})),
      adaptive_max_pool2d_sample(x, 2, 3, Array({1, 2, 3}, Ints{4, 2, 3, 9, 9, 7})),
      adaptive_max_pool2d_sample(
          Array({2, 5}, {lowest, lowest, none, 1.0, 1.0, lowest, lowest, none, 2.0, 2.0}), 1, 3,
          Array({1, 3}, Ints{0, 7, 8})),
      adaptive_max_pool2d_sample(Array(f64, {0, 2, 3}), 2, 2, Array(i64, {0, 2, 2}))};
  for (Sample& sample : result) sample.gradient = false;
  return result;
}

}  // namespace

namespace ops {
std::vector<OpDef> adaptive_max_pool2d() {
  const std::vector<AttributeDef> attributes = {
      {"output", AttributeType::integers, "the size of y, {OH, OW}"}};
  const std::string_view source =
      "https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html";
  return {{
              .name = "adaptive_max_pool2d",
              .summary = "The largest elements of windows that divide the last two axes as evenly "
                         "as can be.",
              .inputs = {{"x", "[..., H, W]", "float"}},
              .outputs = {{"y", "[..., OH, OW]", "as x"}},
              .attributes = attributes,
              .infer = adaptive_max_pool2d_infer,
              .decompose = adaptive_max_pool2d_body,
              .source = source,
              .samples = adaptive_max_pool2d_samples,
          },
          {
              .name = "adaptive_max_pool2d_indices",
              .summary = "Where the elements of adaptive_max_pool2d stand in their image, h * W + "
                         "w: the first of equals, or the last NaN.",
              .inputs = {{"x", "[..., H, W]", "float"}},
              .outputs = {{"y", "[..., OH, OW]", "i64"}},
              .attributes = attributes,
              .infer = adaptive_max_pool2d_infer_indices,
              .decompose = adaptive_max_pool2d_indices,
              .no_gradient = "the result is a position",
              .source = source,
              .samples = adaptive_max_pool2d_indices_samples,
          }};
}
}  // namespace ops

}  // namespace asg
