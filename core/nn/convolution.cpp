#include <asg/nn/convolution.hpp>

#include <cmath>

#include <fmt/format.h>

#include "nn/sizes.hpp"

namespace asg::nn {

Conv2d::Conv2d(std::int64_t in, std::int64_t out, Pair kernel, Conv2dOptions options, Where where)
    : options_{.stride = options.stride,
               .padding = options.padding,
               .dilation = options.dilation,
               .groups = options.groups} {
  check_sizes("Conv2d",
              {{"in", in},
               {"out", out},
               {"the kernel's height", kernel.height},
               {"the kernel's width", kernel.width},
               {"groups", options.groups}},
              1, where);
  if (in % options.groups != 0 || out % options.groups != 0)
    fail_shape("Conv2d",
               fmt::format("{} groups must divide both the {} input and the {} output channels",
                           options.groups, in, out),
               where);
  const std::int64_t channels = in / options.groups;
  const double bound = 1 / std::sqrt(static_cast<double>(channels * kernel.height * kernel.width));
  const Initializer standard = init::uniform(-bound, bound);
  weight = add("weight", {out, channels, kernel.height, kernel.width},
               options.weight_init.value_or(standard), where);
  if (options.bias) bias = add("bias", {out}, options.bias_init.value_or(standard), where);
}

Tensor Conv2d::forward(const Tensor& x) const {
  const Tensor w = weight.in(x.graph());
  const Tensor b = bias.in(x.graph());
  return b.defined() ? conv2d(x, w, b, options_) : conv2d(x, w, options_);
}

}  // namespace asg::nn
