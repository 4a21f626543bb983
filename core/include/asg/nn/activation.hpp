// Functions without parameters as modules, for Sequential.
#pragma once
#include <functional>
#include <string>

#include <asg/nn/module.hpp>

namespace asg::nn {

/// Any function of one tensor: `Lambda{[](const Tensor& x) { return x * 0.5; }}`.
class Lambda : public Module {
 public:
  explicit Lambda(std::function<Tensor(const Tensor&)> function);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::function<Tensor(const Tensor&)> function_;
};

class ReLU : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

/// x * Phi(x), exactly or with tanh in its place: see asg::gelu.
class GELU : public Module {
 public:
  explicit GELU(std::string approximate = "none");
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::string approximate_;
};

class SiLU : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class Tanh : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class Sigmoid : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class LeakyReLU : public Module {
 public:
  explicit LeakyReLU(double negative_slope = 0.01);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double negative_slope_;
};

class ELU : public Module {
 public:
  explicit ELU(double alpha = 1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double alpha_;
};

class Softmax : public Module {
 public:
  explicit Softmax(Axis axis = -1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  int axis_;
};

/// Joins the axes [start, end] into one; by default all but the first, the batch.
class Flatten : public Module {
 public:
  explicit Flatten(Axis start = 1, Axis end = -1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  int start_;
  int end_;
};

}  // namespace asg::nn
