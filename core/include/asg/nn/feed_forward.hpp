// FeedForward: two linear layers with an activation between.
#pragma once
#include <cstdint>
#include <functional>

#include <asg/nn/linear.hpp>

namespace asg::nn {

/// Any function of one tensor: `asg::relu`, or a lambda.
using Activation = std::function<Tensor(const Tensor&)>;

/// gelu without approximation.
[[nodiscard]] Tensor exact_gelu(const Tensor& x);

struct FeedForwardOptions {
  Activation activation = exact_gelu;
  double dropout = 0;  ///< on the result, while training
  bool bias = true;
};

/// proj(activation(fc(x))).
/// Shapes   x [..., features] -> as x; the hidden layer has `hidden` features.
class FeedForward : public Module {
 public:
  FeedForward(std::int64_t features, std::int64_t hidden, FeedForwardOptions options = {},
              Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Linear fc;
  Linear proj;

 private:
  Activation activation_;
  double dropout_;
};

}  // namespace asg::nn
