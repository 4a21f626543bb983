// Normalisations: over the trailing axes, and by channels within each sample.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include <asg/nn/module.hpp>

namespace asg::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool elementwise_affine = true;  ///< false: neither weight nor bias
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
  bool elementwise_affine = true;  ///< false: no weight
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

struct GroupNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< false: neither weight nor bias
};

/// asg::group_norm, with weight and bias for each channel, which begin with 1 and 0.
/// Shapes   x [N, channels, ...].
/// Errors   ShapeError when the groups do not divide the channels, or x has others.
class GroupNorm : public Module {
 public:
  GroupNorm(std::int64_t groups, std::int64_t channels, GroupNormOptions options = {},
            Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight, bias;

 private:
  std::int64_t groups_;
  std::int64_t channels_;
  double eps_;
};

struct InstanceNormOptions {
  double eps = 1e-5;
  double momentum = 0.1;             ///< what a new batch weighs in the running statistics
  bool affine = false;               ///< true: weight and bias for each channel
  bool track_running_stats = false;  ///< true: predictions use running statistics, as batch norm's
};

/// asg::instance_norm. With running statistics, buffers running_mean and running_var follow the
/// mean over the batch of the samples' means and unbiased variances in programs that train, and
/// take their place in others. As in PyTorch, num_batches_tracked stays 0.
/// Errors   ShapeError when x has other axes or channels, or one element for each.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
class InstanceNorm : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight, bias;                                    ///< [C], none unless affine
  Parameter running_mean, running_var, num_batches_tracked;  ///< buffers, none unless tracked

 protected:
  InstanceNorm(std::string_view layer, int rank, std::int64_t channels,
               const InstanceNormOptions& options, Where where);

 private:
  std::string_view layer_;
  int rank_;
  std::int64_t channels_;
  double eps_;
  double momentum_;
};

/// Shapes   x [N, C, L].
class InstanceNorm1d : public InstanceNorm {
 public:
  explicit InstanceNorm1d(std::int64_t channels, const InstanceNormOptions& options = {},
                          Where where = {})
      : InstanceNorm("InstanceNorm1d", 3, channels, options, where) {}
};

/// Shapes   x [N, C, H, W].
class InstanceNorm2d : public InstanceNorm {
 public:
  explicit InstanceNorm2d(std::int64_t channels, const InstanceNormOptions& options = {},
                          Where where = {})
      : InstanceNorm("InstanceNorm2d", 4, channels, options, where) {}
};

/// Shapes   x [N, C, D, H, W].
class InstanceNorm3d : public InstanceNorm {
 public:
  explicit InstanceNorm3d(std::int64_t channels, const InstanceNormOptions& options = {},
                          Where where = {})
      : InstanceNorm("InstanceNorm3d", 5, channels, options, where) {}
};

struct LocalResponseNormOptions {
  double alpha = 1e-4;
  double beta = 0.75;
  double k = 1;
};

/// asg::local_response_norm over `size` neighbouring channels.
/// Errors   ShapeError when size is below 1, or x has less than three axes.
class LocalResponseNorm : public Module {
 public:
  explicit LocalResponseNorm(std::int64_t size, LocalResponseNormOptions options = {},
                             Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::int64_t size_;
  LocalResponseNormOptions options_;
};

}  // namespace asg::nn
