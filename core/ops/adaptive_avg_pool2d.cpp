#include <algorithm>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/pooling.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

Types adaptive_avg_pool2d_infer(const Signature& call) {
  const Ints& output = call.attributes.integers("output");
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  call.require(call.shape(0).rank() >= 2, "x must be [..., H, W]");
  call.require(output.size() == 2 && output[0] >= 1 && output[1] >= 1,
               "output must be a height and a width, at least 1");
  const Ints image = windows::image(call.shape(0));
  call.require(image[0] >= 1 && image[1] >= 1, "the image must not be empty");
  return {{call.dtype(0), windows::resized(call.shape(0), output)}};
}

// One axis: its windows overlap or differ by one element in length, so they are gathered, those
// that are shorter than the longest filled up with nothing.
Tensor adaptive_avg_pool2d_pooled(const Tensor& x, int axis, std::int64_t count) {
  const std::int64_t size = x.size(axis);
  const auto first = [&](std::int64_t i) { return i * size / count; };
  const auto last = [&](std::int64_t i) { return ((i + 1) * size + count - 1) / count; };
  std::int64_t longest = 0;
  for (std::int64_t i = 0; i < count; ++i) longest = std::max(longest, last(i) - first(i));
  Shape beside(Ints(static_cast<std::size_t>(x.rank() - axis), 1));
  beside[0] = longest;
  beside.insert(0, count);  // [count, longest, 1...]: meets the gathered axes
  Array place(i64, {count, longest}), used(boolean, beside);
  Array length(x.dtype(), beside);
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < longest; ++k) {
      const std::int64_t at = i * longest + k;
      const bool inside = first(i) + k < last(i);
      place.set(at, static_cast<double>(inside ? first(i) + k : 0));
      used.set(at, inside ? 1 : 0);
      length.set(at, static_cast<double>(last(i) - first(i)));
    }
  Graph& graph = x.graph();
  const Tensor windows = gather(x, graph.constant(place), axis);
  const Tensor parts = where(graph.constant(used), windows / graph.constant(length), 0);
  return sum(parts, axis + 1);
}

Tensors adaptive_avg_pool2d_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Ints output = call.attributes.integers("output");
  const int rank = x.rank();
  return {adaptive_avg_pool2d_pooled(adaptive_avg_pool2d_pooled(x, rank - 2, output[0]), rank - 1,
                                     output[1])};
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
      {.inputs = {spread({4, 6})}, .attributes = to(2, 3)},
      {.inputs = {spread({0, 2, 2})}, .attributes = to(1, 1), .outputs = {Array(f64, {0, 1, 1})}}};
}

}  // namespace

Tensor adaptive_avg_pool2d(const Operand& x, Pair output) {
  const Call call("adaptive_avg_pool2d", {x});
  return call.make("adaptive_avg_pool2d", {call.as_float(call.tensor(x))},
                   {{"output", windows::list(output)}});
}

namespace ops {
std::vector<OpDef> adaptive_avg_pool2d() {
  return {{
      .name = "adaptive_avg_pool2d",
      .summary = "Means of windows that divide the last two axes as evenly as can be.",
      .inputs = {{"x", "[..., H, W]", "float"}},
      .outputs = {{"y", "[..., OH, OW]", "as x"}},
      .attributes = {{"output", AttributeType::integers, "the size of y, {OH, OW}"}},
      .infer = adaptive_avg_pool2d_infer,
      .decompose = adaptive_avg_pool2d_body,
      .source =
          "https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html",
      .samples = adaptive_avg_pool2d_samples,
  }};
}
}  // namespace ops

}  // namespace asg
