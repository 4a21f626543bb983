#include <asg/nn/linear.hpp>

#include <cmath>

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

Tensor Linear::forward(const Tensor& x) const {
  const Tensor w = weight.in(x.graph());
  const Tensor b = bias.in(x.graph());
  return b.defined() ? linear(x, w, b) : linear(x, w);
}

}  // namespace asg::nn
