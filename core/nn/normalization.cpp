#include <asg/nn/normalization.hpp>

#include <asg/ops/normalization.hpp>

namespace asg::nn {

LayerNorm::LayerNorm(const Shape& shape, LayerNormOptions options, Where where)
    : shape_(shape), eps_(options.eps) {
  if (!options.affine) return;
  weight = add("weight", shape, init::ones(), where);
  if (options.bias) bias = add("bias", shape, init::zeros(), where);
}

Tensor LayerNorm::forward(const Tensor& x) const {
  const Tensor w = weight.in(x.graph());
  const Tensor b = bias.in(x.graph());
  return layer_norm(x, shape_, w, b, eps_);
}

RMSNorm::RMSNorm(const Shape& shape, RMSNormOptions options, Where where)
    : shape_(shape), eps_(options.eps) {
  if (options.affine) weight = add("weight", shape, init::ones(), where);
}

Tensor RMSNorm::forward(const Tensor& x) const {
  return rms_norm(x, shape_, weight.in(x.graph()), eps_);
}

}  // namespace asg::nn
