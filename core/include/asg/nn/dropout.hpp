// Dropout as a module.
#pragma once
#include <asg/nn/module.hpp>

namespace asg::nn {

/// Zeroes each element with probability p and scales the others by 1 / (1 - p) while training; in
/// programs without an optimizer it does nothing.
/// Errors   TypeError when p is not in [0, 1].
class Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double p_;
};

}  // namespace asg::nn
