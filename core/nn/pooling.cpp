#include <asg/nn/pooling.hpp>

namespace asg::nn {
namespace {

// The function of each number of axes.
Tensor max_pooled(const Tensor& x, Single k, const auto& how) { return max_pool1d(x, k, how); }
Tensor max_pooled(const Tensor& x, Pair k, const auto& how) { return max_pool2d(x, k, how); }
Tensor max_pooled(const Tensor& x, Triple k, const auto& how) { return max_pool3d(x, k, how); }
Tensor avg_pooled(const Tensor& x, Single k, const auto& how) { return avg_pool1d(x, k, how); }
Tensor avg_pooled(const Tensor& x, Pair k, const auto& how) { return avg_pool2d(x, k, how); }
Tensor avg_pooled(const Tensor& x, Triple k, const auto& how) { return avg_pool3d(x, k, how); }
Pooled largest(const Tensor& x, Single k, const auto& how) {
  return max_pool1d_with_indices(x, k, how);
}
Pooled largest(const Tensor& x, Pair k, const auto& how) {
  return max_pool2d_with_indices(x, k, how);
}
Pooled largest(const Tensor& x, Triple k, const auto& how) {
  return max_pool3d_with_indices(x, k, how);
}
Tensor unpooled(const Operand& x, const Operand& indices, Single k, const auto& how) {
  return max_unpool1d(x, indices, k, how);
}
Tensor unpooled(const Operand& x, const Operand& indices, Pair k, const auto& how) {
  return max_unpool2d(x, indices, k, how);
}
Tensor unpooled(const Operand& x, const Operand& indices, Triple k, const auto& how) {
  return max_unpool3d(x, indices, k, how);
}

Tensor adaptive_mean(const Tensor& x, Single output) { return adaptive_avg_pool1d(x, output); }
Tensor adaptive_mean(const Tensor& x, Pair output) { return adaptive_avg_pool2d(x, output); }
Tensor adaptive_mean(const Tensor& x, Triple output) { return adaptive_avg_pool3d(x, output); }
Tensor adaptive_max(const Tensor& x, Single output) { return adaptive_max_pool1d(x, output); }
Tensor adaptive_max(const Tensor& x, Pair output) { return adaptive_max_pool2d(x, output); }
Tensor adaptive_max(const Tensor& x, Triple output) { return adaptive_max_pool3d(x, output); }
Pooled adaptive_largest(const Tensor& x, Single output) {
  return adaptive_max_pool1d_with_indices(x, output);
}
Pooled adaptive_largest(const Tensor& x, Pair output) {
  return adaptive_max_pool2d_with_indices(x, output);
}
Pooled adaptive_largest(const Tensor& x, Triple output) {
  return adaptive_max_pool3d_with_indices(x, output);
}

}  // namespace

template <class Sizes>
MaxPool<Sizes>::MaxPool(Sizes kernel, MaxPoolOptions<Sizes> options)
    : kernel_(kernel), options_(options) {}
template <class Sizes>
Tensor MaxPool<Sizes>::forward(const Tensor& x) const {
  return max_pooled(x, kernel_, options_);
}
template <class Sizes>
Pooled MaxPool<Sizes>::with_indices(const Operand& x) const {
  const Scope scope = enter(x);
  return largest(x.tensor(), kernel_, options_);
}

template <class Sizes>
MaxUnpool<Sizes>::MaxUnpool(Sizes kernel, MaxUnpoolOptions<Sizes> options)
    : kernel_(kernel), options_(options) {}
template <class Sizes>
Tensor MaxUnpool<Sizes>::operator()(const Operand& x, const Operand& indices) const {
  const Scope scope = enter(x);
  return unpooled(x, indices, kernel_, options_);
}

template <class Sizes>
AvgPool<Sizes>::AvgPool(Sizes kernel, AvgPoolOptions<Sizes> options)
    : kernel_(kernel), options_(options) {}
template <class Sizes>
Tensor AvgPool<Sizes>::forward(const Tensor& x) const {
  return avg_pooled(x, kernel_, options_);
}

template <class Sizes>
LPPool<Sizes>::LPPool(double p, Sizes kernel, LPPoolOptions<Sizes> options)
    : p_(p), kernel_(kernel), options_(options) {}
template <class Sizes>
Tensor LPPool<Sizes>::forward(const Tensor& x) const {
  if constexpr (std::same_as<Sizes, Single>)
    return lp_pool1d(x, p_, kernel_, options_);
  else
    return lp_pool2d(x, p_, kernel_, options_);
}

template <class Sizes>
AdaptiveAvgPool<Sizes>::AdaptiveAvgPool(Sizes output) : output_(output) {}
template <class Sizes>
Tensor AdaptiveAvgPool<Sizes>::forward(const Tensor& x) const {
  return adaptive_mean(x, output_);
}

template <class Sizes>
AdaptiveMaxPool<Sizes>::AdaptiveMaxPool(Sizes output) : output_(output) {}
template <class Sizes>
Tensor AdaptiveMaxPool<Sizes>::forward(const Tensor& x) const {
  return adaptive_max(x, output_);
}
template <class Sizes>
Pooled AdaptiveMaxPool<Sizes>::with_indices(const Operand& x) const {
  const Scope scope = enter(x);
  return adaptive_largest(x.tensor(), output_);
}

template class MaxPool<Single>;
template class MaxPool<Pair>;
template class MaxPool<Triple>;
template class MaxUnpool<Single>;
template class MaxUnpool<Pair>;
template class MaxUnpool<Triple>;
template class AvgPool<Single>;
template class AvgPool<Pair>;
template class AvgPool<Triple>;
template class LPPool<Single>;
template class LPPool<Pair>;
template class AdaptiveAvgPool<Single>;
template class AdaptiveAvgPool<Pair>;
template class AdaptiveAvgPool<Triple>;
template class AdaptiveMaxPool<Single>;
template class AdaptiveMaxPool<Pair>;
template class AdaptiveMaxPool<Triple>;

}  // namespace asg::nn
