// Normalisations by channels that are made of others.
#include <asg/ops/normalization.hpp>

#include <fmt/format.h>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/pooling.hpp>

#include "ops/channel_rules.hpp"

namespace asg {
namespace {

// A number of each channel in front of x [N, C, ...], as one of each sample: what comes back to it
// is summed over a sample's elements first, which are neighbours.
Tensor over_samples(const Tensor& channels, const Tensor& x) {
  Shape samples = x.shape();
  for (int axis = 2; axis < x.rank(); ++axis) samples[axis] = 1;
  return broadcast_to(channel::over(channels, x.rank()), samples);
}

// x * weight + bias, channel by channel.
Tensor affine(std::string_view function, const Call& call, Tensor x, const Tensor& weight,
              const Tensor& bias) {
  if (weight.defined()) {
    channel::require_like(function, call, weight, "weight", x);
    x = x * over_samples(weight, x);
  }
  if (bias.defined()) {
    channel::require_like(function, call, bias, "bias", x);
    x = x + over_samples(bias, x);
  }
  return x;
}

// Each sample in so many rows of neighbouring channels, each normalised.
Tensor over_rows(const Tensor& x, std::int64_t rows, double eps) {
  if (x.numel() == 0) return x;
  const std::int64_t size = x.numel() / (x.size(0) * rows);
  return reshape(layer_norm(reshape(x, {x.size(0), rows, size}), {size}, {}, {}, eps), x.shape());
}

}  // namespace

Tensor group_norm(const Operand& x, std::int64_t groups, const Tensor& weight, const Tensor& bias,
                  double eps) {
  const Call call("group_norm", {x});
  const Tensor t = call.as_float(call.tensor(x));
  channel::require(call, t);
  if (groups < 1 || t.size(1) % groups != 0)
    call.fail(fmt::format("{} groups do not divide {} channels", groups, t.size(1)));
  return affine("group_norm", call, over_rows(t, groups, eps), weight, bias);
}

Tensor instance_norm(const Operand& x, const Tensor& weight, const Tensor& bias, double eps) {
  const Call call("instance_norm", {x});
  const Tensor t = call.as_float(call.tensor(x));
  call.require(t.rank() >= 3, "x needs the axes [N, C, L, ...]");
  return affine("instance_norm", call, over_rows(t, t.size(1), eps), weight, bias);
}

Tensor local_response_norm(const Operand& x, std::int64_t size, double alpha, double beta,
                           double k) {
  const Call call("local_response_norm", {x});
  const Tensor t = call.as_float(call.tensor(x));
  call.require(t.rank() >= 3, "x needs the axes [N, C, L, ...]");
  call.require(size >= 1, "size must be at least 1");
  if (t.numel() == 0) return t;
  // Sums over `size` channels, (size - 1) / 2 of them behind; as a pool of images [C, L].
  const std::int64_t behind = (size - 1) / 2, before = size / 2;
  const Tensor squares = pad(flatten(square(t), 2), {0, before - behind, 0}, {0, 0, 0});
  const Tensor total =
      reshape(avg_pool2d(squares, Pair(size, 1),
                         {.stride = Pair(1), .padding = Pair(behind, 0), .divisor_override = 1}),
              t.shape());
  return t / pow(k + total * (alpha / static_cast<double>(size)), beta);
}

}  // namespace asg
