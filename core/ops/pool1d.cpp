// max_pool1d and avg_pool1d: signals are images of one row, so that whoever claims max_pool2d runs
// these, too.
#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

Types pool1d_infer(const Signature& call) {
  return {{call.dtype(0), windows::pooled(call, call.shape(0), 1)}};
}

Tensors max_pool1d_body(const OpCall& call) {
  return {windows::over_rows("max_pool2d", call.in(0), call.attributes)};
}
Tensors avg_pool1d_body(const OpCall& call) {
  return {windows::over_rows("avg_pool2d", call.in(0), call.attributes)};
}

Attributes max_pool1d_options(Ints kernel, Ints stride, Ints padding, Ints dilation, bool ceil) {
  return {{"kernel", kernel},
          {"stride", stride},
          {"padding", padding},
          {"dilation", dilation},
          {"ceil_mode", ceil}};
}

std::vector<Sample> max_pool1d_samples() {
  const auto sample = [](const Shape& shape, std::int64_t length, Attributes how) {
    const Array x = spread(shape);
    const Array y = windows::by_loops(x, {length}, how, windows::largest_seen);
    return Sample{.inputs = {x}, .attributes = std::move(how), .outputs = {y}};
  };
  return {sample({1}, 1, max_pool1d_options({1}, {1}, {0}, {1}, false)),
          sample({2, 3, 7}, 3, max_pool1d_options({3}, {2}, {1}, {2}, false)),
          sample({2, 6}, 3, max_pool1d_options({3}, {2}, {0}, {1}, true)),
          sample({0, 4}, 2, max_pool1d_options({2}, {2}, {0}, {1}, false))};
}

std::vector<Sample> avg_pool1d_samples() {
  const auto sample = [](const Shape& shape, std::int64_t length, std::int64_t kernel,
                         std::int64_t stride, std::int64_t padding, bool ceil, bool include,
                         std::int64_t divisor) {
    const Attributes how = {{"kernel", Ints{kernel}},       {"stride", Ints{stride}},
                            {"padding", Ints{padding}},     {"ceil_mode", ceil},
                            {"count_include_pad", include}, {"divisor_override", divisor}};
    const Array x = spread(shape);
    const Array y = divisor == 3 ? windows::by_loops(x, {length}, how, windows::sum_seen<3>)
                    : include    ? windows::by_loops(x, {length}, how, windows::sum_seen<0>)
                                 : windows::by_loops(x, {length}, how, windows::sum_seen<-1>);
    return Sample{.inputs = {x}, .attributes = how, .outputs = {y}};
  };
  return {sample({1}, 1, 1, 1, 0, false, true, 0),   sample({2, 3, 7}, 4, 3, 2, 1, false, true, 0),
          sample({2, 6}, 4, 3, 2, 1, true, true, 0), sample({2, 6}, 4, 3, 2, 1, true, false, 0),
          sample({5}, 4, 2, 1, 0, false, true, 3),   sample({0, 4}, 2, 2, 2, 0, false, true, 0)};
}

}  // namespace

namespace ops {
std::vector<OpDef> pool1d() {
  return {
      {
          .name = "max_pool1d",
          .summary = "The largest element of each window over the last axis.",
          .inputs = {{"x", "[..., L]", "float"}},
          .outputs = {{"y", "[..., OL]", "as x"}},
          .attributes = windows::max_pool_attributes(),
          .infer = pool1d_infer,
          .decompose = max_pool1d_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html",
          .samples = max_pool1d_samples,
      },
      {
          .name = "avg_pool1d",
          .summary = "The mean of each window over the last axis.",
          .inputs = {{"x", "[..., L]", "float"}},
          .outputs = {{"y", "[..., OL]", "as x"}},
          .attributes = windows::avg_pool_attributes(),
          .infer = pool1d_infer,
          .decompose = avg_pool1d_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html",
          .samples = avg_pool1d_samples,
      }};
}
}  // namespace ops

}  // namespace asg
