#include <asg/nn/normalization.hpp>

#include <fmt/format.h>

#include <asg/ops/normalization.hpp>
#include <asg/ops/reduction.hpp>

#include "nn/running.hpp"
#include "nn/sizes.hpp"

namespace asg::nn {

LayerNorm::LayerNorm(const Shape& shape, LayerNormOptions options, Where where)
    : shape_(shape), eps_(options.eps) {
  if (!options.elementwise_affine) return;
  weight = add("weight", shape, init::ones(), where);
  if (options.bias) bias = add("bias", shape, init::zeros(), where);
}

Tensor LayerNorm::forward(const Tensor& x) const {
  const Tensor w = weight.in(x.graph());
  const Tensor b = bias.in(x.graph());
  return layer_norm(x, shape_, w, b, eps_);
}

RMSNorm::RMSNorm(const Shape& shape, RMSNormOptions options, Where where)
    : shape_(shape), eps_(options.eps) {
  if (options.elementwise_affine) weight = add("weight", shape, init::ones(), where);
}

Tensor RMSNorm::forward(const Tensor& x) const {
  return rms_norm(x, shape_, weight.in(x.graph()), eps_);
}

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, GroupNormOptions options,
                     Where where)
    : groups_(groups), channels_(channels), eps_(options.eps) {
  check_sizes("GroupNorm", {{"groups", groups}, {"channels", channels}}, 1, where);
  if (channels % groups != 0)
    fail_shape("GroupNorm", fmt::format("{} groups do not divide {} channels", groups, channels),
               where);
  if (!options.affine) return;
  weight = add("weight", {channels}, init::ones(), where);
  bias = add("bias", {channels}, init::zeros(), where);
}

Tensor GroupNorm::forward(const Tensor& x) const {
  check_channels("GroupNorm", x, channels_, 2, max_rank);
  return group_norm(x, groups_, weight.in(x.graph()), bias.in(x.graph()), eps_);
}

InstanceNorm::InstanceNorm(std::string_view layer, int rank, std::int64_t channels,
                           const InstanceNormOptions& options, Where where)
    : layer_(layer),
      rank_(rank),
      channels_(channels),
      eps_(options.eps),
      momentum_(options.momentum) {
  check_sizes(layer, {{"channels", channels}}, 1, where);
  if (options.affine) {
    weight = add("weight", {channels}, init::ones(), where);
    bias = add("bias", {channels}, init::zeros(), where);
  }
  if (!options.track_running_stats) return;
  running_mean = add_buffer("running_mean", {f32, {channels}}, init::zeros(), where);
  running_var = add_buffer("running_var", {f32, {channels}}, init::ones(), where);
  num_batches_tracked = add_buffer("num_batches_tracked", {i64, {}}, init::zeros(), where);
}

Tensor InstanceNorm::forward(const Tensor& x) const {
  check_channels(layer_, x, channels_, rank_, rank_);
  Graph& graph = x.graph();
  const Tensor w = weight.in(graph), b = bias.in(graph);
  const bool trains = graph.training();
  if (running_mean && !trains)
    return batch_norm(x, running_mean.in(graph), running_var.in(graph), w, b, eps_);
  if (x.numel() == x.size(0) * channels_ && x.numel() > 0)
    fail_at(layer_, x, "needs more than one element for each channel of a sample");
  if (running_mean && x.numel() > 0) {
    Axes inner;
    for (int axis = 2; axis < rank_; ++axis) inner.push_back(axis);
    move_towards(running_mean, mean(mean(x, inner), 0), momentum_);
    move_towards(running_var, mean(var(x, inner), 0), momentum_);
  }
  return instance_norm(x, w, b, eps_);
}

LocalResponseNorm::LocalResponseNorm(std::int64_t size, LocalResponseNormOptions options,
                                     Where where)
    : size_(size), options_(options) {
  check_sizes("LocalResponseNorm", {{"size", size}}, 1, where);
}

Tensor LocalResponseNorm::forward(const Tensor& x) const {
  return local_response_norm(x, size_, options_.alpha, options_.beta, options_.k);
}

}  // namespace asg::nn
