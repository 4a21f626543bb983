#include <asg/nn/sequential.hpp>

namespace asg::nn {

void Sequential::append(std::shared_ptr<const Module> module) {
  modules_->push_back(std::move(module));
}

Tensor Sequential::forward(const Tensor& x) const {
  Tensor y = x;
  for (const auto& module : *modules_) y = (*module)(y);
  return y;
}

}  // namespace asg::nn
