// Activations as modules, for Sequential, under PyTorch's names (`axis` is its `dim`).
#pragma once
#include <cstdint>
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

class ReLU6 : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class Hardsigmoid : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class Hardswish : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class SELU : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class Mish : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class Softsign : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class Tanhshrink : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class LogSigmoid : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

class Hardtanh : public Module {
 public:
  explicit Hardtanh(double min_val = -1, double max_val = 1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double min_val_;
  double max_val_;
};

class CELU : public Module {
 public:
  explicit CELU(double alpha = 1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double alpha_;
};

/// Without PyTorch's threshold: see asg::softplus.
class Softplus : public Module {
 public:
  explicit Softplus(double beta = 1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double beta_;
};

class Softshrink : public Module {
 public:
  explicit Softshrink(double lambd = 0.5);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double lambd_;
};

class Hardshrink : public Module {
 public:
  explicit Hardshrink(double lambd = 0.5);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double lambd_;
};

class Threshold : public Module {
 public:
  Threshold(double threshold, double value);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double threshold_;
  double value_;
};

/// leaky_relu, while training with slopes of chance: see asg::rrelu.
class RReLU : public Module {
 public:
  explicit RReLU(double lower = 1.0 / 8, double upper = 1.0 / 3);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  double lower_;
  double upper_;
};

struct PReLUOptions {
  std::int64_t num_parameters = 1;  ///< one slope for all, or for each channel
  double init = 0.25;
};

/// relu with slopes below 0 that are learned.
/// Shapes   x [N, C, ...], weight [num_parameters], which is 1 or C.
/// Errors   ShapeError when num_parameters is below 1.
class PReLU : public Module {
 public:
  explicit PReLU(PReLUOptions options = {}, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight;
};

/// The first half of an axis times the sigmoid of the second.
class GLU : public Module {
 public:
  explicit GLU(Axis axis = -1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  int axis_;
};

/// The first half of an axis times silu of the second.
/// Errors   ShapeError when its size is odd.
class SwiGLU : public Module {
 public:
  explicit SwiGLU(Axis axis = -1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  int axis_;
};

class Softmin : public Module {
 public:
  explicit Softmin(Axis axis = -1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  int axis_;
};

class LogSoftmax : public Module {
 public:
  explicit LogSoftmax(Axis axis = -1);
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  int axis_;
};

/// x itself.
class Identity : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
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
