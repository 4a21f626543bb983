// Normalisations over the trailing axes.
#pragma once
#include <optional>

#include <asg/nn/module.hpp>

namespace asg::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< false: neither weight nor bias
  bool bias = true;
};

/// (x - mean) / sqrt(variance + eps) * weight + bias over the trailing axes of the given shape:
/// `LayerNorm{{128}}`, or `LayerNorm{128}` for the last one.
/// Shapes   x [..., shape] -> as x; weight and bias have the given shape, and begin with 1 and 0.
/// Errors   ShapeError when x does not end in the shape.
class LayerNorm : public Module {
 public:
  explicit LayerNorm(const Shape& shape, LayerNormOptions options = {}, Where where = {});
  explicit LayerNorm(std::int64_t size, LayerNormOptions options = {}, Where where = {})
      : LayerNorm(Shape{size}, options, where) {}
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight;
  Parameter bias;

 private:
  Shape shape_;
  double eps_;
};

struct RMSNormOptions {
  std::optional<double> eps = {};  ///< the machine epsilon of x's type when not given
  bool affine = true;              ///< false: no weight
};

/// x / sqrt(mean(x^2) + eps) * weight over the trailing axes of the given shape.
/// Shapes   x [..., shape] -> as x; weight has the given shape, and begins with 1.
/// Errors   ShapeError when x does not end in the shape.
class RMSNorm : public Module {
 public:
  explicit RMSNorm(const Shape& shape, RMSNormOptions options = {}, Where where = {});
  explicit RMSNorm(std::int64_t size, RMSNormOptions options = {}, Where where = {})
      : RMSNorm(Shape{size}, options, where) {}
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight;

 private:
  Shape shape_;
  std::optional<double> eps_;
};

}  // namespace asg::nn
