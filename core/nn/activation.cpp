#include <asg/nn/activation.hpp>

#include <utility>

#include <asg/graph/build.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

Lambda::Lambda(std::function<Tensor(const Tensor&)> function) : function_(std::move(function)) {}
Tensor Lambda::forward(const Tensor& x) const { return function_(x); }

Tensor ReLU::forward(const Tensor& x) const { return relu(x); }

GELU::GELU(std::string approximate) : approximate_(std::move(approximate)) {}
Tensor GELU::forward(const Tensor& x) const { return gelu(x, approximate_); }

Tensor SiLU::forward(const Tensor& x) const { return silu(x); }
Tensor Tanh::forward(const Tensor& x) const { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) const { return sigmoid(x); }

LeakyReLU::LeakyReLU(double negative_slope) : negative_slope_(negative_slope) {}
Tensor LeakyReLU::forward(const Tensor& x) const { return leaky_relu(x, negative_slope_); }

ELU::ELU(double alpha) : alpha_(alpha) {}
Tensor ELU::forward(const Tensor& x) const { return elu(x, alpha_); }

Softmax::Softmax(Axis axis) : axis_(axis) {}
Tensor Softmax::forward(const Tensor& x) const { return softmax(x, axis_); }

Tensor ReLU6::forward(const Tensor& x) const { return relu6(x); }
Tensor Hardsigmoid::forward(const Tensor& x) const { return hardsigmoid(x); }
Tensor Hardswish::forward(const Tensor& x) const { return hardswish(x); }
Tensor SELU::forward(const Tensor& x) const { return selu(x); }
Tensor Mish::forward(const Tensor& x) const { return mish(x); }
Tensor Softsign::forward(const Tensor& x) const { return softsign(x); }
Tensor Tanhshrink::forward(const Tensor& x) const { return tanhshrink(x); }
Tensor LogSigmoid::forward(const Tensor& x) const { return logsigmoid(x); }

Hardtanh::Hardtanh(double min_val, double max_val) : min_val_(min_val), max_val_(max_val) {}
Tensor Hardtanh::forward(const Tensor& x) const { return hardtanh(x, min_val_, max_val_); }

CELU::CELU(double alpha) : alpha_(alpha) {}
Tensor CELU::forward(const Tensor& x) const { return celu(x, alpha_); }

Softplus::Softplus(double beta) : beta_(beta) {}
Tensor Softplus::forward(const Tensor& x) const { return softplus(x, beta_); }

Softshrink::Softshrink(double lambd) : lambd_(lambd) {}
Tensor Softshrink::forward(const Tensor& x) const { return softshrink(x, lambd_); }

Hardshrink::Hardshrink(double lambd) : lambd_(lambd) {}
Tensor Hardshrink::forward(const Tensor& x) const { return hardshrink(x, lambd_); }

Threshold::Threshold(double threshold, double value) : threshold_(threshold), value_(value) {}
Tensor Threshold::forward(const Tensor& x) const { return threshold(x, threshold_, value_); }

RReLU::RReLU(double lower, double upper) : lower_(lower), upper_(upper) {}
Tensor RReLU::forward(const Tensor& x) const { return rrelu(x, lower_, upper_); }

PReLU::PReLU(PReLUOptions options, Where where) {
  check_sizes("PReLU", {{"num_parameters", options.num_parameters}}, 1, where);
  weight = add("weight", {options.num_parameters}, init::constant(options.init), where);
}
Tensor PReLU::forward(const Tensor& x) const { return prelu(x, weight.in(x.graph())); }

GLU::GLU(Axis axis) : axis_(axis) {}
Tensor GLU::forward(const Tensor& x) const { return glu(x, axis_); }

SwiGLU::SwiGLU(Axis axis) : axis_(axis) {}
Tensor SwiGLU::forward(const Tensor& x) const {
  const Call call("SwiGLU", {x});
  const int axis = call.axis(axis_, x.rank());
  const std::int64_t size = x.size(axis);
  call.require(size % 2 == 0, "the axis has no halves, its size is odd");
  return swiglu(slice(x, axis, 0, size / 2), slice(x, axis, size / 2, size));
}

Softmin::Softmin(Axis axis) : axis_(axis) {}
Tensor Softmin::forward(const Tensor& x) const { return softmin(x, axis_); }

LogSoftmax::LogSoftmax(Axis axis) : axis_(axis) {}
Tensor LogSoftmax::forward(const Tensor& x) const { return log_softmax(x, axis_); }

Tensor Identity::forward(const Tensor& x) const { return x; }

Flatten::Flatten(Axis start, Axis end) : start_(start), end_(end) {}
Tensor Flatten::forward(const Tensor& x) const { return flatten(x, start_, end_); }

}  // namespace asg::nn
