// adaptive_max_pool2d and where its elements stand.
#include <algorithm>
#include <cmath>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/pooling.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/samples.hpp"
#include "ops/window_rules.hpp"
#include "ops/window_taps.hpp"

namespace asg {
namespace {

Types adaptive_max_pool2d_infer(const Signature& call) { return windows::infer_adaptive(call, 2); }

Types adaptive_max_pool2d_infer_indices(const Signature& call) {
  Types types = windows::infer_adaptive(call, 2);
  windows::require_countable(call, 2);
  types[0].dtype = i64;
  return types;
}

// Row k of the table has element k of each window of an axis; shorter windows repeat their last
// one.
Ints adaptive_table(std::int64_t size, std::int64_t count, std::int64_t& longest) {
  longest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const windows::Part part = windows::part(i, count, size);
    longest = std::max(longest, part.end - part.first);
  }
  Ints places;
  for (std::int64_t k = 0; k < longest; ++k)
    for (std::int64_t i = 0; i < count; ++i) {
      const windows::Part part = windows::part(i, count, size);
      places.push_back(std::min(part.first + k, part.end - 1));
    }
  return places;
}

// The best of each window of an axis. An element says where it stands on the axes behind it, and a
// position on this axis counts `step`.
windows::Best adaptive_best(const windows::Best& of, int axis, std::int64_t count,
                            std::int64_t step) {
  std::int64_t longest = 0;
  const Ints table = adaptive_table(of.value.size(axis), count, longest);
  Graph& graph = of.value.graph();
  const Tensor places = graph.constant(Array({longest, count}, table));
  const bool alone = count == of.value.size(axis);  // each element is a window of its own
  const Tensor values = alone ? unsqueeze(of.value, axis) : gather(of.value, places, axis);
  Tensor own = cast(places * step, i64);
  Shape column = {longest, count};
  while (column.rank() < of.value.rank() + 1 - axis) column.push_back(1);
  own = reshape(own, column);
  if (of.place.defined())
    own = own + (alone ? unsqueeze(of.place, axis) : gather(of.place, places, axis));
  const auto place = [&](std::int64_t k) { return select(own, of.place.defined() ? axis : 0, k); };
  windows::Best best{select(values, axis, 0), {}};
  best.place = broadcast_to(place(0), best.value.shape());
  for (std::int64_t k = 1; k < longest; ++k) best.meet(select(values, axis, k), place(k));
  return best;
}

// Rows first: of equals the first one of the image is the first of the first row.
Tensors adaptive_max_pool2d_indices(const OpCall& call) {
  constexpr std::int64_t most_taps = 32;
  const Tensor& x = call.in(0);
  const Ints output = call.attributes.integers("output"), image = windows::image(x.shape());
  if (image[0] > most_taps * output[0] || image[1] > most_taps * output[1]) {
    const Tensor places = windows::adaptive_windows(
        reshape(arange(x.graph(), 0, Shape(image).numel()), Shape(image)), output);
    return {windows::first_largest(windows::adaptive_windows(x, output), places,
                                   Shape(image).numel(), {-3, -1})};
  }
  const windows::Best of_rows = adaptive_best({x, {}}, x.rank() - 1, output[1], 1);
  return {adaptive_best(of_rows, x.rank() - 2, output[0], image[1]).place};
}

bool adaptive_even_windows(const Ints& image, const Ints& output) {
  return image[0] % output[0] == 0 && image[1] % output[1] == 0;
}

// Windows of one size are those of max_pool2d, which backends claim.
Tensors adaptive_max_pool2d_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Ints output = call.attributes.integers("output"), image = windows::image(x.shape());
  if (adaptive_even_windows(image, output))
    return {max_pool2d(x, Pair(image[0] / output[0], image[1] / output[1]))};
  Tensor y = x;
  for (std::size_t i = 0; i < 2; ++i) {
    if (image[i] == output[i]) continue;
    std::int64_t longest = 0;
    const int axis = x.rank() - 2 + static_cast<int>(i);
    const Ints table = adaptive_table(image[i], output[i], longest);
    y = max(gather(y, y.graph().constant(Array({longest, output[i]}, table)), axis), {axis});
  }
  return {y};
}

Tensors adaptive_max_pool2d_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Ints output = call.attributes.integers("output"), image = windows::image(x.shape());
  if (adaptive_even_windows(image, output)) {
    const Ints kernel = {image[0] / output[0], image[1] / output[1]};
    return {apply(find_op("max_pool2d_backward"), {call.dy(), x},
                  {{"kernel", kernel},
                   {"stride", kernel},
                   {"padding", Ints{0, 0}},
                   {"dilation", Ints{1, 1}},
                   {"ceil_mode", false}})};
  }
  const Tensor places = apply(find_op("adaptive_max_pool2d_indices"), {x}, call.attributes);
  return {windows::added_at(call.dy(), places, image)};
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
              .gradient = adaptive_max_pool2d_gradient,
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
