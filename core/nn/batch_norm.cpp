#include <asg/nn/batch_norm.hpp>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/normalization.hpp>

#include "nn/running.hpp"
#include "nn/sizes.hpp"

namespace asg::nn {

BatchNorm::BatchNorm(Kind kind, std::int64_t channels, const BatchNormOptions& options, Where where)
    : kind_(kind), channels_(channels), eps_(options.eps), momentum_(options.momentum) {
  check_sizes(kind.name, {{"channels", channels}}, 1, where);
  if (options.affine) {
    weight = add("weight", {channels}, init::ones(), where);
    bias = add("bias", {channels}, init::zeros(), where);
  }
  if (!options.track_running_stats) return;
  running_mean = add_buffer("running_mean", {f32, {channels}}, init::zeros(), where);
  running_var = add_buffer("running_var", {f32, {channels}}, init::ones(), where);
  num_batches_tracked = add_buffer("num_batches_tracked", {i64, {}}, init::zeros(), where);
}

Tensor BatchNorm::forward(const Tensor& x) const {
  check_channels(kind_.name, x, channels_, kind_.least_rank, kind_.most_rank);
  Graph& graph = x.graph();
  const Tensor w = weight.in(graph), b = bias.in(graph);
  const bool trains = graph.training();
  if (running_mean && !trains)
    return batch_norm(x, running_mean.in(graph), running_var.in(graph), w, b, eps_);
  const std::int64_t count = x.numel() / channels_;
  if (trains && count == 1)
    fail_at(kind_.name, x, "training needs more than one element for each channel");
  const BatchNormalized result = batch_norm_training(x, w, b, eps_);
  if (running_mean) follow(result.mean, result.variance, static_cast<double>(count));
  return result.y;
}

void BatchNorm::follow(const Tensor& mean, const Tensor& variance, double count) const {
  Graph& graph = mean.graph();
  const Tensor tracked = num_batches_tracked.in(graph);
  const Tensor batches = graph.pending(tracked) + 1;
  graph.reassign(tracked, batches);
  if (count == 0) return;  // nothing was seen
  const Operand share = momentum_ ? Operand(*momentum_) : Operand(1 / cast(batches, mean.dtype()));
  move_towards(running_mean, mean, share);
  move_towards(running_var, variance * (count / (count - 1)), share);
}

}  // namespace asg::nn
