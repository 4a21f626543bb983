#include <asg/nn/convolution.hpp>

#include <cmath>
#include <concepts>
#include <string>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/padding.hpp>

#include "nn/running.hpp"
#include "nn/sizes.hpp"
#include "ops/conv_rules.hpp"

namespace asg::nn {
namespace {

Tensor convolved(Single, auto&&... operands) { return conv1d(operands...); }
Tensor convolved(Pair, auto&&... operands) { return conv2d(operands...); }
Tensor convolved(Triple, auto&&... operands) { return conv3d(operands...); }
Tensor led_back(Single, auto&&... operands) { return conv_transpose1d(operands...); }
Tensor led_back(Pair, auto&&... operands) { return conv_transpose2d(operands...); }
Tensor led_back(Triple, auto&&... operands) { return conv_transpose3d(operands...); }

template <class Sizes>
Sizes sizes_of(const Ints& list) {
  if constexpr (std::same_as<Sizes, Single>)
    return {list[0]};
  else if constexpr (std::same_as<Sizes, Pair>)
    return {list[0], list[1]};
  else
    return {list[0], list[1], list[2]};
}

/// Checks the sizes; [rows, columns / groups, kernel...] is the shape of the weight.
Shape weight_shape(const std::string& layer, std::int64_t in, std::int64_t out, const Ints& kernel,
                   std::int64_t rows, std::int64_t columns, std::int64_t groups, Where where) {
  check_sizes(layer, {{"in", in}, {"out", out}, {"groups", groups}}, 1, where);
  if (in % groups != 0 || out % groups != 0)
    fail_shape(layer,
               fmt::format("{} groups must divide both the {} input and the {} output channels",
                           groups, in, out),
               where);
  Shape shape = {rows, columns / groups};
  for (const std::int64_t size : kernel) {
    check_sizes(layer, {{"the kernel's size", size}}, 1, where);
    shape.push_back(size);
  }
  return shape;
}

void check_padding_mode(const std::string& layer, const std::string& mode, Where where) {
  if (mode != "zeros" && mode != "reflect" && mode != "replicate" && mode != "circular")
    throw TypeError(fmt::format(
        "{}: no padding_mode '{}'; there are zeros, reflect, replicate and circular\n  at {}",
        layer, mode, at(where)));
}

/// x with its last axes padded.
Tensor padded(const Tensor& x, const Ints& low, const Ints& high, const std::string& mode) {
  const auto rank = static_cast<std::size_t>(x.rank());
  if (rank < low.size()) return x;  // the op says what is wrong
  Ints before(rank - low.size(), 0), behind = before;
  before.insert(before.end(), low.begin(), low.end());
  behind.insert(behind.end(), high.begin(), high.end());
  return pad(x, before, behind, mode);
}

/// PyTorch's kaiming_uniform(a = sqrt(5)) and its bias: both within 1 / sqrt(fan_in).
Initializer standard(const Shape& weight) {
  const double fan_in = static_cast<double>(weight.slice(1, weight.rank()).numel());
  return init::uniform(-1 / std::sqrt(fan_in), 1 / std::sqrt(fan_in));
}

}  // namespace

template <class Sizes>
Conv<Sizes>::Conv(std::int64_t in, std::int64_t out, Sizes kernel, ConvOptions<Sizes> options,
                  Where where)
    : options_{.stride = options.stride,
               .padding = options.padding,
               .dilation = options.dilation,
               .groups = options.groups},
      padding_mode_(options.padding_mode) {
  const Ints sizes = windows::list(kernel);
  const std::string layer = fmt::format("Conv{}d", sizes.size());
  const Shape shape = weight_shape(layer, in, out, sizes, out, in, options.groups, where);
  const Ints stride = windows::list(options.stride), dilation = windows::list(options.dilation);
  if (options.padding.same && stride != Ints(stride.size(), 1))
    fail_shape(layer, "padding \"same\" needs a stride of 1", where);
  check_padding_mode(layer, options.padding_mode, where);
  if (options.padding_mode != "zeros") {
    low_ = high_ = windows::list(options.padding);
    for (std::size_t i = 0; options.padding.same && i < sizes.size(); ++i) {
      low_[i] = dilation[i] * (sizes[i] - 1) / 2;
      high_[i] = dilation[i] * (sizes[i] - 1) - low_[i];
    }
    options_.padding = 0;
  }
  weight = add("weight", shape, options.weight_init.value_or(standard(shape)), where);
  if (options.bias) bias = add("bias", {out}, options.bias_init.value_or(standard(shape)), where);
}

template <class Sizes>
Tensor Conv<Sizes>::forward(const Tensor& x) const {
  const Tensor w = weight.in(x.graph()), b = bias.in(x.graph());
  const Tensor from = low_.empty() ? x : padded(x, low_, high_, padding_mode_);
  const Sizes rank = options_.stride;
  return b.defined() ? convolved(rank, from, w, b, options_) : convolved(rank, from, w, options_);
}

template <class Sizes>
ConvTranspose<Sizes>::ConvTranspose(std::int64_t in, std::int64_t out, Sizes kernel,
                                    ConvTransposeOptions<Sizes> options, Where where)
    : options_{.stride = options.stride,
               .padding = options.padding,
               .output_padding = options.output_padding,
               .dilation = options.dilation,
               .groups = options.groups} {
  const Ints sizes = windows::list(kernel);
  const Shape shape = weight_shape(fmt::format("ConvTranspose{}d", sizes.size()), in, out, sizes,
                                   in, out, options.groups, where);
  weight = add("weight", shape, options.weight_init.value_or(standard(shape)), where);
  if (options.bias) bias = add("bias", {out}, options.bias_init.value_or(standard(shape)), where);
}

template <class Sizes>
Tensor ConvTranspose<Sizes>::transposed(const Tensor& x,
                                        const asg::ConvTransposeOptions<Sizes>& how) const {
  const Tensor w = weight.in(x.graph()), b = bias.in(x.graph());
  const Sizes rank = how.stride;
  return b.defined() ? led_back(rank, x, w, b, how) : led_back(rank, x, w, how);
}

template <class Sizes>
Tensor ConvTranspose<Sizes>::forward(const Tensor& x) const {
  return transposed(x, options_);
}

// The sizes that a convolution leads to x's are as many as its stride; the least has no
// output_padding.
template <class Sizes>
Tensor ConvTranspose<Sizes>::operator()(const Operand& x, Sizes output_size) const {
  const Scope scope = enter(x);
  const Tensor t = x.tensor();
  const Ints wanted = windows::list(output_size), stride = windows::list(options_.stride),
             padding = windows::list(options_.padding), dilation = windows::list(options_.dilation);
  const int axes = static_cast<int>(wanted.size());
  Ints more(wanted.size(), 0);
  for (int axis = -axes; axis < 0 && t.rank() >= axes; ++axis) {
    const auto i = static_cast<std::size_t>(axis + axes);
    const auto least =
        conv::transposed_size({t.size(axis), weight.shape()[weight.shape().rank() + axis],
                               stride[i], padding[i], dilation[i], 0});
    if (!least) break;  // the op says so
    more[i] = wanted[i] - *least;
    if (more[i] < 0 || more[i] >= stride[i])
      fail_at(fmt::format("ConvTranspose{}d", axes), t,
              fmt::format("output_size is {}; a convolution leads from {} to {} to x's size",
                          wanted[i], *least, *least + stride[i] - 1));
  }
  asg::ConvTransposeOptions<Sizes> how = options_;
  how.output_padding = sizes_of<Sizes>(more);
  return transposed(t, how);
}

template class Conv<Single>;
template class Conv<Pair>;
template class Conv<Triple>;
template class ConvTranspose<Single>;
template class ConvTranspose<Pair>;
template class ConvTranspose<Triple>;

}  // namespace asg::nn
