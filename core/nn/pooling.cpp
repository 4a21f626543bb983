#include <asg/nn/pooling.hpp>

namespace asg::nn {

MaxPool2d::MaxPool2d(Pair kernel, MaxPool2dOptions options) : kernel_(kernel), options_(options) {}
Tensor MaxPool2d::forward(const Tensor& x) const { return max_pool2d(x, kernel_, options_); }

AvgPool2d::AvgPool2d(Pair kernel, AvgPool2dOptions options) : kernel_(kernel), options_(options) {}
Tensor AvgPool2d::forward(const Tensor& x) const { return avg_pool2d(x, kernel_, options_); }

AdaptiveAvgPool2d::AdaptiveAvgPool2d(Pair output) : output_(output) {}
Tensor AdaptiveAvgPool2d::forward(const Tensor& x) const { return adaptive_avg_pool2d(x, output_); }

}  // namespace asg::nn
