#include <asg/nn/linear.hpp>

#include <cmath>

#include <fmt/format.h>

#include <asg/ops/linalg.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

Linear::Linear(std::int64_t in, std::int64_t out, LinearOptions options, Where where) {
  check_sizes("Linear", {{"in", in}, {"out", out}}, 0, where);
  const double bound = in > 0 ? 1 / std::sqrt(static_cast<double>(in)) : 0;
  const Initializer standard = init::uniform(-bound, bound);
  weight = add("weight", {out, in}, options.weight_init.value_or(standard), where);
  if (options.bias) bias = add("bias", {out}, options.bias_init.value_or(standard), where);
}

Linear::Linear(const Parameter& shared, const Parameter& shared_bias, Where where)
    : weight(add("weight", shared, where)) {
  if (shared.shape().rank() != 2)
    fail_shape("Linear", "a shared weight must be [out, in], not " + to_string(shared.shape()),
               where);
  if (!shared_bias) return;
  if (shared_bias.shape() != Shape{shared.shape()[0]})
    fail_shape("Linear",
               fmt::format("a shared bias must be [{}], not {}", shared.shape()[0],
                           to_string(shared_bias.shape())),
               where);
  bias = add("bias", shared_bias, where);
}

Tensor Linear::forward(const Tensor& x) const {
  const Tensor w = weight.in(x.graph());
  const Tensor b = bias.in(x.graph());
  return b.defined() ? linear(x, w, b) : linear(x, w);
}

}  // namespace asg::nn
