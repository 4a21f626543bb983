// Linear: a matrix with a bias.
#pragma once
#include <cstdint>
#include <optional>

#include <asg/nn/module.hpp>

namespace asg::nn {

struct LinearOptions {
  bool bias = true;
  /// Both are uniform in +-1/sqrt(in) when not given, PyTorch's default.
  std::optional<Initializer> weight_init = {};
  std::optional<Initializer> bias_init = {};
};

/// x * weight^T + bias.
/// Shapes   x [..., in] -> [..., out]; weight [out, in], bias [out].
/// Errors   ShapeError when the last axis of x is not `in`, or a size is negative.
class Linear : public Module {
 public:
  Linear(std::int64_t in, std::int64_t out, LinearOptions options = {}, Where where = {});
  /// With parameters of other modules, which are shared: an output layer tied to an embedding is
  /// `Linear{tokens.weight}`.
  /// Errors   ShapeError when the weight is no matrix or the bias does not fit; TypeError when
  /// there
  ///          is no weight.
  explicit Linear(const Parameter& weight, const Parameter& bias = {}, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight;
  Parameter bias;  ///< none without bias
};

}  // namespace asg::nn
