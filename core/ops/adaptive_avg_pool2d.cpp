#include <asg/ops/elementwise.hpp>
#include <asg/ops/pooling.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/samples.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

Types adaptive_avg_pool2d_infer(const Signature& call) { return windows::infer_adaptive(call, 2); }

// Which elements of an axis' windows are no repetition, [count, longest], and how many, [count, 1].
struct AdaptiveCounts {
  Array used, length;
};
AdaptiveCounts adaptive_counts(std::int64_t size, std::int64_t count, std::int64_t longest,
                               DType dtype) {
  AdaptiveCounts result{Array(boolean, {count, longest}), Array(dtype, {count, 1})};
  for (std::int64_t i = 0; i < count; ++i) {
    const windows::Part part = windows::part(i, count, size);
    result.length.set(i, static_cast<double>(part.end - part.first));
    for (std::int64_t k = 0; k < longest; ++k)
      result.used.set(i * longest + k, part.first + k < part.end ? 1 : 0);
  }
  return result;
}

Tensors adaptive_avg_pool2d_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Ints output = call.attributes.integers("output"), image = windows::image(x.shape());
  if (image[0] % output[0] == 0 && image[1] % output[1] == 0)
    return {mean(windows::adaptive_windows(x, output), {-3, -1})};
  Tensor parts = windows::adaptive_windows(x, output);
  Graph& graph = x.graph();
  const AdaptiveCounts rows = adaptive_counts(image[0], output[0], parts.size(-3), x.dtype());
  const AdaptiveCounts columns = adaptive_counts(image[1], output[1], parts.size(-1), x.dtype());
  const auto of_rows = [&](const Array& counts) {
    return unsqueeze(unsqueeze(graph.constant(counts), -1), -1);  // before [OW, KW]
  };
  parts = where(logical_and(of_rows(rows.used), graph.constant(columns.used)), parts, 0);
  const Tensor divisors =
      reshape(of_rows(rows.length) * graph.constant(columns.length), Shape(output));
  return {sum(parts, {-3, -1}) / divisors};
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
      .decompose = adaptive_avg_pool2d_body,
      .source =
          "https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html",
      .samples = adaptive_avg_pool2d_samples,
  }};
}
}  // namespace ops

}  // namespace asg
