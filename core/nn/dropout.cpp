#include <asg/nn/dropout.hpp>

#include <asg/ops/random.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

Dropout::Dropout(double p, Where where) : p_(p) { check_probability("Dropout", p, where); }
Tensor Dropout::forward(const Tensor& x) const { return dropout(x, p_); }

}  // namespace asg::nn
