// The functions users call for pooling along one, two and three axes.
#include <asg/ops/pooling.hpp>

#include <fmt/format.h>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>

#include "ops/window_rules.hpp"

namespace asg {
namespace {

template <class Sizes>
Attributes max_pool_options(Sizes kernel, const MaxPoolOptions<Sizes>& how) {
  return {{"kernel", windows::list(kernel)},
          {"stride", windows::list(how.stride.value_or(kernel))},
          {"padding", windows::list(how.padding)},
          {"dilation", windows::list(how.dilation)},
          {"ceil_mode", how.ceil_mode}};
}

template <class Sizes>
Attributes avg_pool_options(Sizes kernel, const AvgPoolOptions<Sizes>& how) {
  return {{"kernel", windows::list(kernel)},
          {"stride", windows::list(how.stride.value_or(kernel))},
          {"padding", windows::list(how.padding)},
          {"ceil_mode", how.ceil_mode},
          {"count_include_pad", how.count_include_pad},
          {"divisor_override", how.divisor_override}};
}

Tensor pooling_node(std::string_view op, const Operand& x, Attributes how) {
  const Call call(op, {x});
  return call.make(op, {call.as_float(call.tensor(x))}, std::move(how));
}

// A function over one axis that is one over two: `f` of x as images of one row.
template <class F>
auto on_rows(std::string_view function, const Operand& x, F f) {
  const Call call(function, {x});
  call.require(x.tensor().rank() >= 1, "x must be [..., L]");
  return f(unsqueeze(x, -2));
}
Pooled first_rows(const Pooled& pooled) {
  return {squeeze(pooled.values, -2), squeeze(pooled.indices, -2)};
}

Pair as_pair(Single size, std::int64_t other) { return {other, size.length}; }
std::optional<Pair> as_pair(const std::optional<Single>& size, std::int64_t other) {
  return size ? std::optional(as_pair(*size, other)) : std::nullopt;
}

template <class Sizes>
Tensor unpooled(std::string_view function, const Operand& x, const Operand& indices, Sizes kernel,
                const MaxUnpoolOptions<Sizes>& how) {
  const Call call(function, {x, indices});
  const Tensor values = call.tensor(x), at = call.tensor(indices, i64);
  const Ints sizes = windows::list(kernel), stride = windows::list(how.stride.value_or(kernel)),
             padding = windows::list(how.padding);
  const int axes = static_cast<int>(sizes.size()), lead = values.rank() - axes;
  if (lead < 0) call.fail(fmt::format("x must be {}", windows::described("...", sizes.size())));
  call.require(at.shape() == values.shape(), "indices must have the shape of x");
  Ints image;
  for (int i = 0; i < axes; ++i) {
    const auto k = static_cast<std::size_t>(i);
    call.require(sizes[k] >= 1 && stride[k] >= 1 && padding[k] >= 0,
                 "kernel and stride must be at least 1, padding at least 0");
    image.push_back((values.size(lead + i) - 1) * stride[k] - 2 * padding[k] + sizes[k]);
  }
  if (how.output_size) image = windows::list(*how.output_size);
  for (const std::int64_t size : image) call.require(size >= 0, "nothing is left of the result");
  Shape flat = values.shape().slice(0, lead);
  flat.push_back(Shape(image).numel());
  Shape line = values.shape().slice(0, lead);
  line.push_back(values.shape().slice(lead, values.rank()).numel());
  const Tensor y = scatter(full(call.graph(), flat, 0, values.dtype()), reshape(at, line),
                           reshape(values, line), lead, "set", lead);
  return reshape(y, windows::resized(values.shape(), image));
}

// Of means, as PyTorch has it. The power is kept from 0, where its derivative is infinite.
Tensor lp_root(const Tensor& means, double p, const Ints& kernel) {
  const Tensor sums = means * static_cast<double>(Shape(kernel).numel());
  const Tensor none = eq(sums, 0);
  return where(none, 0, pow(where(none, 1, sums), 1 / p));
}

void require_power(const Call& call, double p) {
  call.require(p > 0 && p <= std::numeric_limits<double>::max(), "p must be a number above 0");
}

}  // namespace

Tensor max_pool1d(const Operand& x, Single kernel, const MaxPool1dOptions& how) {
  return pooling_node("max_pool1d", x, max_pool_options(kernel, how));
}
Tensor max_pool2d(const Operand& x, Pair kernel, const MaxPool2dOptions& how) {
  return pooling_node("max_pool2d", x, max_pool_options(kernel, how));
}
Tensor max_pool3d(const Operand& x, Triple kernel, const MaxPool3dOptions& how) {
  return pooling_node("max_pool3d", x, max_pool_options(kernel, how));
}

Pooled max_pool2d_with_indices(const Operand& x, Pair kernel, const MaxPool2dOptions& how) {
  const Call call("max_pool2d_with_indices", {x});
  return {max_pool2d(x, kernel, how),
          pooling_node("max_pool2d_indices", x, max_pool_options(kernel, how))};
}
Pooled max_pool3d_with_indices(const Operand& x, Triple kernel, const MaxPool3dOptions& how) {
  const Call call("max_pool3d_with_indices", {x});
  return {max_pool3d(x, kernel, how),
          pooling_node("max_pool3d_indices", x, max_pool_options(kernel, how))};
}
Pooled max_pool1d_with_indices(const Operand& x, Single kernel, const MaxPool1dOptions& how) {
  return on_rows("max_pool1d_with_indices", x, [&](const Tensor& rows) {
    return first_rows(max_pool2d_with_indices(rows, as_pair(kernel, 1),
                                              {.stride = as_pair(how.stride, 1),
                                               .padding = as_pair(how.padding, 0),
                                               .dilation = as_pair(how.dilation, 1),
                                               .ceil_mode = how.ceil_mode}));
  });
}

Tensor max_unpool1d(const Operand& x, const Operand& indices, Single kernel,
                    const MaxUnpool1dOptions& how) {
  return unpooled("max_unpool1d", x, indices, kernel, how);
}
Tensor max_unpool2d(const Operand& x, const Operand& indices, Pair kernel,
                    const MaxUnpool2dOptions& how) {
  return unpooled("max_unpool2d", x, indices, kernel, how);
}
Tensor max_unpool3d(const Operand& x, const Operand& indices, Triple kernel,
                    const MaxUnpool3dOptions& how) {
  return unpooled("max_unpool3d", x, indices, kernel, how);
}

Tensor avg_pool1d(const Operand& x, Single kernel, const AvgPool1dOptions& how) {
  return pooling_node("avg_pool1d", x, avg_pool_options(kernel, how));
}
Tensor avg_pool2d(const Operand& x, Pair kernel, const AvgPool2dOptions& how) {
  return pooling_node("avg_pool2d", x, avg_pool_options(kernel, how));
}
Tensor avg_pool3d(const Operand& x, Triple kernel, const AvgPool3dOptions& how) {
  return pooling_node("avg_pool3d", x, avg_pool_options(kernel, how));
}

Tensor lp_pool1d(const Operand& x, double p, Single kernel, const LPPool1dOptions& how) {
  const Call call("lp_pool1d", {x});
  require_power(call, p);
  return lp_root(avg_pool1d(pow(x, p), kernel, {.stride = how.stride, .ceil_mode = how.ceil_mode}),
                 p, windows::list(kernel));
}
Tensor lp_pool2d(const Operand& x, double p, Pair kernel, const LPPool2dOptions& how) {
  const Call call("lp_pool2d", {x});
  require_power(call, p);
  return lp_root(avg_pool2d(pow(x, p), kernel, {.stride = how.stride, .ceil_mode = how.ceil_mode}),
                 p, windows::list(kernel));
}

Tensor adaptive_avg_pool2d(const Operand& x, Pair output) {
  return pooling_node("adaptive_avg_pool2d", x, {{"output", windows::list(output)}});
}
Tensor adaptive_avg_pool3d(const Operand& x, Triple output) {
  return pooling_node("adaptive_avg_pool3d", x, {{"output", windows::list(output)}});
}
Tensor adaptive_avg_pool1d(const Operand& x, Single output) {
  return on_rows("adaptive_avg_pool1d", x, [&](const Tensor& rows) {
    return squeeze(adaptive_avg_pool2d(rows, as_pair(output, 1)), -2);
  });
}

Tensor adaptive_max_pool2d(const Operand& x, Pair output) {
  return pooling_node("adaptive_max_pool2d", x, {{"output", windows::list(output)}});
}
Tensor adaptive_max_pool3d(const Operand& x, Triple output) {
  return pooling_node("adaptive_max_pool3d", x, {{"output", windows::list(output)}});
}
Tensor adaptive_max_pool1d(const Operand& x, Single output) {
  return on_rows("adaptive_max_pool1d", x, [&](const Tensor& rows) {
    return squeeze(adaptive_max_pool2d(rows, as_pair(output, 1)), -2);
  });
}
Pooled adaptive_max_pool2d_with_indices(const Operand& x, Pair output) {
  const Call call("adaptive_max_pool2d_with_indices", {x});
  return {adaptive_max_pool2d(x, output),
          pooling_node("adaptive_max_pool2d_indices", x, {{"output", windows::list(output)}})};
}
Pooled adaptive_max_pool3d_with_indices(const Operand& x, Triple output) {
  const Call call("adaptive_max_pool3d_with_indices", {x});
  return {adaptive_max_pool3d(x, output),
          pooling_node("adaptive_max_pool3d_indices", x, {{"output", windows::list(output)}})};
}
Pooled adaptive_max_pool1d_with_indices(const Operand& x, Single output) {
  return on_rows("adaptive_max_pool1d_with_indices", x, [&](const Tensor& rows) {
    return first_rows(adaptive_max_pool2d_with_indices(rows, as_pair(output, 1)));
  });
}

}  // namespace asg
