// max_pool3d with its indices and avg_pool3d: their windows are products of axes, so they pool
// slices and then along the depth, KH * KW + KD steps in place of KD * KH * KW. Of equal largest
// elements that finds the first, as the slices are in order.
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

Types pool3d_infer(const Signature& call) {
  return {{call.dtype(0), windows::pooled(call, call.shape(0), 3)}};
}

Types max_pool3d_infer_indices(const Signature& call) {
  const Shape pooled = windows::pooled(call, call.shape(0), 3);
  windows::require_countable(call, 3);
  return {{i64, pooled}};
}

Tensors max_pool3d_indices(const OpCall& call) {
  return {
      windows::places_over_slices("max_pool2d", "max_pool2d_indices", call.in(0), call.attributes)};
}

Tensors max_pool3d_body(const OpCall& call) {
  return {windows::over_slices("max_pool2d", call.in(0), call.attributes)};
}

Tensors avg_pool3d_body(const OpCall& call) {
  const std::int64_t divisor = call.attributes.integer("divisor_override");
  if (divisor == 0) return {windows::over_slices("avg_pool2d", call.in(0), call.attributes)};
  Attributes sums = call.attributes;
  sums.set("divisor_override", std::int64_t{1});
  return {windows::over_slices("avg_pool2d", call.in(0), sums) / static_cast<double>(divisor)};
}

double pool3d_place(const Array& x, std::int64_t first, const windows::Seen& seen) {
  std::int64_t best = -1;
  for (const std::int64_t element : seen.elements)
    if (element >= 0 && (best < 0 || x.get(first + element) > x.get(first + best))) best = element;
  return static_cast<double>(best);
}

std::vector<Sample> max_pool3d_cases(double (*f)(const Array&, std::int64_t, const windows::Seen&),
                                     DType dtype) {
  const auto sample = [=](const Shape& shape, Ints sides, Ints kernel, Ints stride, Ints padding,
                          Ints dilation, bool ceil) {
    const Attributes how = {{"kernel", kernel},
                            {"stride", stride},
                            {"padding", padding},
                            {"dilation", dilation},
                            {"ceil_mode", ceil}};
    const Array x = spread(shape);
    return Sample{.inputs = {x},
                  .attributes = how,
                  .outputs = {windows::by_loops(x, sides, how, f).to(dtype)},
                  .gradient = is_float(dtype)};
  };
  return {sample({1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, false),
          sample({2, 3, 4, 3}, {3, 2, 2}, {2, 2, 3}, {1, 2, 2}, {1, 0, 1}, {2, 1, 1}, false),
          sample({1, 2, 4, 3, 5}, {2, 2, 3}, {3, 2, 2}, {2, 2, 2}, {0, 0, 0}, {1, 1, 1}, true),
          sample({0, 2, 2, 2}, {1, 1, 1}, {2, 2, 2}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, false)};
}

std::vector<Sample> max_pool3d_samples() { return max_pool3d_cases(windows::largest_seen, f64); }
std::vector<Sample> max_pool3d_indices_samples() { return max_pool3d_cases(pool3d_place, i64); }

std::vector<Sample> avg_pool3d_samples() {
  const auto sample = [](const Shape& shape, Ints sides, Ints kernel, Ints stride, Ints padding,
                         bool ceil, bool include, std::int64_t divisor) {
    const Attributes how = {{"kernel", kernel},
                            {"stride", stride},
                            {"padding", padding},
                            {"ceil_mode", ceil},
                            {"count_include_pad", include},
                            {"divisor_override", divisor}};
    const Array x = spread(shape);
    const Array y = divisor == 3 ? windows::by_loops(x, sides, how, windows::sum_seen<3>)
                    : include    ? windows::by_loops(x, sides, how, windows::sum_seen<0>)
                                 : windows::by_loops(x, sides, how, windows::sum_seen<-1>);
    return Sample{.inputs = {x}, .attributes = how, .outputs = {y}};
  };
  return {sample({1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, false, true, 0),
          sample({2, 3, 4, 3}, {4, 2, 2}, {2, 2, 3}, {1, 2, 2}, {1, 0, 1}, false, true, 0),
          sample({1, 2, 4, 3, 5}, {3, 2, 3}, {3, 2, 2}, {2, 2, 2}, {1, 0, 0}, true, false, 0),
          sample({2, 3, 2, 3}, {2, 2, 2}, {2, 1, 2}, {1, 1, 1}, {0, 0, 0}, false, true, 3),
          sample({0, 2, 2, 2}, {1, 1, 1}, {2, 2, 2}, {1, 1, 1}, {0, 0, 0}, false, true, 0)};
}

}  // namespace

namespace ops {
std::vector<OpDef> pool3d() {
  return {
      {
          .name = "max_pool3d",
          .summary = "The largest element of each window over the last three axes.",
          .inputs = {{"x", "[..., D, H, W]", "float"}},
          .outputs = {{"y", "[..., OD, OH, OW]", "as x"}},
          .attributes = windows::max_pool_attributes(),
          .infer = pool3d_infer,
          .decompose = max_pool3d_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html",
          .samples = max_pool3d_samples,
      },
      {
          .name = "max_pool3d_indices",
          .summary = "Where the elements of max_pool3d stand in their volume, (d * H + h) * W + w: "
                     "the first of equals, or the last NaN.",
          .inputs = {{"x", "[..., D, H, W]", "float"}},
          .outputs = {{"y", "[..., OD, OH, OW]", "i64"}},
          .attributes = windows::max_pool_attributes(),
          .infer = max_pool3d_infer_indices,
          .decompose = max_pool3d_indices,
          .no_gradient = "the result is a position",
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html",
          .samples = max_pool3d_indices_samples,
      },
      {
          .name = "avg_pool3d",
          .summary = "The mean of each window over the last three axes.",
          .inputs = {{"x", "[..., D, H, W]", "float"}},
          .outputs = {{"y", "[..., OD, OH, OW]", "as x"}},
          .attributes = windows::avg_pool_attributes(),
          .infer = pool3d_infer,
          .decompose = avg_pool3d_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool3d.html",
          .samples = avg_pool3d_samples,
      }};
}
}  // namespace ops

}  // namespace asg
