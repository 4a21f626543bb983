#include <asg/nn/feed_forward.hpp>

#include <utility>

#include <asg/ops/activation.hpp>
#include <asg/ops/random.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

Tensor exact_gelu(const Tensor& x) { return gelu(x); }

FeedForward::FeedForward(std::int64_t features, std::int64_t hidden, FeedForwardOptions options,
                         Where where)
    : fc(add("fc", Linear{features, hidden, {.bias = options.bias}, where}, where)),
      proj(add("proj", Linear{hidden, features, {.bias = options.bias}, where}, where)),
      activation_(std::move(options.activation)),
      dropout_(options.dropout) {
  check_probability("FeedForward", dropout_, where);
}

Tensor FeedForward::forward(const Tensor& x) const {
  return dropout(proj(activation_(fc(x))), dropout_);
}

}  // namespace asg::nn
