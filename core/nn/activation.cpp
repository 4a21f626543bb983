#include <asg/nn/activation.hpp>

#include <utility>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

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

Flatten::Flatten(Axis start, Axis end) : start_(start), end_(end) {}
Tensor Flatten::forward(const Tensor& x) const { return flatten(x, start_, end_); }

}  // namespace asg::nn
