// Dropout as modules: active in programs with an optimizer, and nothing in others.
#pragma once
#include <string_view>

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

/// Other kinds of dropout: functions of x and p, see asg/ops/random.hpp.
/// Errors   TypeError when p is not in [0, 1]; those of the function.
class DropoutOf : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override { return function_(x, p_); }

 protected:
  using Function = Tensor (*)(const Operand& x, double p);
  DropoutOf(std::string_view layer, Function function, double p, Where where);

 private:
  Function function_;
  double p_;
};

/// Drops whole channels of x [N, C, L]: asg::dropout1d.
class Dropout1d : public DropoutOf {
 public:
  explicit Dropout1d(double p = 0.5, Where where = {});
};
/// Drops whole channels of x [N, C, H, W]: asg::dropout2d.
class Dropout2d : public DropoutOf {
 public:
  explicit Dropout2d(double p = 0.5, Where where = {});
};
/// Drops whole channels of x [N, C, D, H, W]: asg::dropout3d.
class Dropout3d : public DropoutOf {
 public:
  explicit Dropout3d(double p = 0.5, Where where = {});
};
/// Keeps mean 0 and variance 1, for networks of selu: asg::alpha_dropout.
class AlphaDropout : public DropoutOf {
 public:
  explicit AlphaDropout(double p = 0.5, Where where = {});
};
/// The same for whole channels: asg::feature_alpha_dropout.
class FeatureAlphaDropout : public DropoutOf {
 public:
  explicit FeatureAlphaDropout(double p = 0.5, Where where = {});
};

/// Drops whole samples, stochastic depth: asg::drop_path.
/// Errors   TypeError when p is not in [0, 1].
class DropPath : public Module {
 public:
  explicit DropPath(double p = 0, bool scale_by_keep = true, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double p_;
  bool scale_by_keep_;
};

}  // namespace asg::nn
