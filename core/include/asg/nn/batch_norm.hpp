// Batch normalisation, and its running statistics.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include <asg/nn/module.hpp>

namespace asg::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  /// What a new batch weighs in the running statistics; nullopt weighs all batches alike.
  std::optional<double> momentum = 0.1;
  bool affine = true;               ///< false: neither weight nor bias
  bool track_running_stats = true;  ///< false: the statistics of the batch, in predictions too
};

/// (x - mean) / sqrt(variance + eps) * weight + bias for each channel. In programs that train
/// (those that call an optimizer's minimize) mean and variance are those of the batch, over all
/// axes but 1, and the buffers follow them: running_mean and running_var, [C], with the unbiased
/// variance, and num_batches_tracked, an i64. All other programs use the buffers and change
/// nothing, and so does a layer that was frozen by eval(). Each further call in one program goes on
/// from what the one before made of them.
/// Errors   ShapeError when x has other axes or channels, or while it trains one element a channel.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
class BatchNorm : public Module {
 public:
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight, bias;                                    ///< [C], none unless affine
  Parameter running_mean, running_var, num_batches_tracked;  ///< buffers, none unless tracked

 protected:
  /// The name of the layer, and the number of axes that x may have.
  struct Kind {
    std::string_view name;
    int least_rank;
    int most_rank;
  };
  BatchNorm(Kind kind, std::int64_t channels, const BatchNormOptions& options, Where where);

 private:
  void follow(const Tensor& mean, const Tensor& variance, double count) const;

  Kind kind_;
  std::int64_t channels_;
  double eps_;
  std::optional<double> momentum_;
};

/// Shapes   x [N, C] or [N, C, L].
class BatchNorm1d : public BatchNorm {
 public:
  explicit BatchNorm1d(std::int64_t channels, const BatchNormOptions& options = {},
                       Where where = {})
      : BatchNorm({"BatchNorm1d", 2, 3}, channels, options, where) {}
};

/// Shapes   x [N, C, H, W].
class BatchNorm2d : public BatchNorm {
 public:
  explicit BatchNorm2d(std::int64_t channels, const BatchNormOptions& options = {},
                       Where where = {})
      : BatchNorm({"BatchNorm2d", 4, 4}, channels, options, where) {}
};

/// Shapes   x [N, C, D, H, W].
class BatchNorm3d : public BatchNorm {
 public:
  explicit BatchNorm3d(std::int64_t channels, const BatchNormOptions& options = {},
                       Where where = {})
      : BatchNorm({"BatchNorm3d", 5, 5}, channels, options, where) {}
};

}  // namespace asg::nn
