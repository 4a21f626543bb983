#include <cmath>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/channel_rules.hpp"
#include "ops/reduce_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// Inputs x, weight?, bias?; outputs y, shift, variance. The shift is the mean less the channel's
// first element: of a channel far from 0 the mean itself would have lost what the backward pass
// needs.
Types batch_norm_infer(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  const TensorType channels = channel::type(call, 0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) channel::require_parameter(call, i, 0);
  return {call.in(0), channels, channels};
}

Tensors batch_norm_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Axes axes = channel::others(x.rank());
  const Shape channels = {x.size(1)};
  const Tensor shifted = x - reduced::anchor(x, axes);
  const Tensor shift = mean(shifted, axes, true);
  const Tensor centred = shifted - shift;
  const Tensor variance = mean(square(centred), axes, true);
  Tensor y = centred * rsqrt(variance + call.attributes.number("eps"));
  if (call.has(1)) y = y * channel::over(call.in(1), x.rank());
  if (call.has(2)) y = y + channel::over(call.in(2), x.rank());
  return {y, reshape(shift, channels), reshape(variance, channels)};
}

// x less the mean of its channels, from their shift.
Tensor centred_by(const Tensor& x, const Tensor& shift) {
  return x - reduced::anchor(x, channel::others(x.rank())) - channel::over(shift, x.rank());
}

Tensors batch_norm_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Shape shape = x.shape();
  const int rank = x.rank();
  Tensors result(call.inputs.size());
  Tensor dx;
  if (call.dy(0).defined()) {
    const bool has_weight = call.inputs.size() > 1;
    const Tensor weight = has_weight ? call.in(1) : ones(x.graph(), {x.size(1)}, x.dtype());
    const Tensors parts = x.graph().add(find_op("batch_norm_backward"),
                                        Tensors{call.dy(0), x, weight, call.out(1), call.out(2)},
                                        {{"eps", call.attributes.number("eps")}});
    dx = parts[0];
    if (has_weight) result[1] = parts[1];
    if (call.inputs.size() > 2) result[2] = parts[2];
  }
  // The statistics are outputs as well: shift' = 1/N, less 1 for the first element, and variance' =
  // 2 (x - mean) / N.
  const double count = channel::count(shape);
  const auto contribute = [&](const Tensor& part) { dx = dx.defined() ? dx + part : part; };
  if (call.dy(1).defined() && x.numel() > 0) {
    contribute(broadcast_to(channel::over(call.dy(1) / count, rank), shape));
    contribute(reduced::at_anchor(channel::over(-call.dy(1), rank), shape));
  }
  if (call.dy(2).defined())
    contribute(channel::over(call.dy(2) * (2 / count), rank) * centred_by(x, call.out(1)));
  result[0] = dx;
  return result;
}

// Inputs dy, x, weight, shift, variance; outputs dx, dweight, dbias.
Types batch_norm_infer_backward(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  call.require(call.shape(0) == call.shape(1), "dy must have x's shape");
  const TensorType channels = channel::type(call, 1);
  for (std::size_t i = 2; i < 5; ++i) channel::require_parameter(call, i, 1);
  return {call.in(1), channels, channels};
}

Tensors batch_norm_backward(const OpCall& call) {
  const Tensor& dy = call.in(0);
  const Tensor& x = call.in(1);
  const Axes axes = channel::others(x.rank());
  const Tensor rstd = rsqrt(call.in(4) + call.attributes.number("eps"));
  const Tensor normalised = centred_by(x, call.in(3)) * channel::over(rstd, x.rank());
  const Tensor dbias = sum(dy, axes);
  const Tensor dweight = sum(dy * normalised, axes);
  const double count = channel::count(x.shape());
  const auto over = [&](const Tensor& channels) { return channel::over(channels, x.rank()); };
  const Tensor dx =
      over(call.in(2) * rstd) * (dy - over(dbias / count) - normalised * over(dweight / count));
  return {dx, dweight, dbias};
}

// torch.nn.functional.batch_norm in float64.
std::vector<Sample> batch_norm_samples() {
  const Attributes usual = {{"eps", 1e-5}};
  const Array x({3, 2}, {0.5, -1.0, 2.0, 3.0, 3.0, -2.5});
  const Array weight({2}, {1.5, -0.5}), bias({2}, {0.25, 0.5});
  std::vector<Sample> result = {
      {.inputs = {spread({4, 3}, -2, 2)}, .attributes = usual},
      {.inputs = {spread({2, 3, 4}, -2, 2), spread({3}, -1, 1, 1)}, .attributes = usual},
      {.inputs = {spread({2, 3, 2, 3}, -2, 2), spread({3}, -1, 1, 1), spread({3}, -1, 1, 2)},
       .attributes = {{"eps", 1e-3}}},
      {.inputs = {spread({2, 1, 2, 1, 2}, -2, 2), spread({1}, 1, 2), spread({1})},
       .attributes = usual},
      {.inputs = {x, weight, bias},
       .attributes = usual,
       .outputs = {Array({3, 2}, {-1.6966478326275718, 0.6794893731179801, 0.4933309790784466,
                                  -0.18205961784832408, 1.9533168535491254, 1.002570244730344}),
                   Array({2}, {1.3333333333333333, 0.8333333333333333}),
                   Array({2}, {1.0555555555555556, 5.388888888888889})}},
      {.inputs = {spread({2, 0}, -2, 2), spread({0}), spread({0})}, .attributes = usual}};
  // No batch has no mean.
  Sample none = kink({Array(f64, {0, 2}), weight, bias}, Array(f64, {0, 2}));
  none.attributes = usual;
  none.outputs.insert(none.outputs.end(), 2, Array({2}, {std::nan(""), std::nan("")}));
  result.push_back(none);
  // A channel of equal elements gives the bias, however large they are; so does a single element.
  Sample constant = kink({Array({2, 2}, {1e30, 0.1, 1e30, 0.1}), weight, bias},
                         Array({2, 2}, {0.25, 0.5, 0.25, 0.5}));
  Sample single = kink({Array({1, 2}, {3.0, -1e30}), weight, bias}, Array({1, 2}, {0.25, 0.5}));
  for (Sample* sample : {&constant, &single}) {
    sample->attributes = usual;
    sample->outputs.insert(sample->outputs.end(), 2, Array({2}, {0.0, 0.0}));
    result.push_back(*sample);
  }
  return result;
}

std::vector<Sample> batch_norm_backward_samples() {
  std::vector<Sample> result;
  for (const Shape& shape : std::vector<Shape>{{4, 3}, {2, 3, 4}, {2, 1, 2, 3}, {1, 2}, {0, 3}}) {
    const Shape channels = {shape[1]};
    result.push_back(
        {.inputs = {spread(shape, -2, 2, 1), spread(shape, -2, 2, 2), spread(channels, -1, 1, 3),
                    spread(channels, -1, 1, 4), spread(channels, 0.5, 2, 5)},
         .attributes = {{"eps", 1e-2}}});
  }
  return result;
}

}  // namespace

BatchNormalized batch_norm_training(const Operand& x, const Tensor& weight, const Tensor& bias,
                                    double eps) {
  const Call call("batch_norm", {x});
  const Tensor t = call.as_float(call.tensor(x));
  channel::require(call, t);
  Tensors inputs = {t};
  if (weight.defined() || bias.defined())
    inputs.push_back(weight.defined() ? weight : ones(call.graph(), {t.size(1)}, t.dtype()));
  if (bias.defined()) inputs.push_back(bias);
  const Tensors all = call.make_all("batch_norm", inputs, {{"eps", eps}});
  if (t.numel() == 0) return {all[0], all[1], all[2]};
  const Tensor first = reshape(reduced::anchor(t, channel::others(t.rank())), {t.size(1)});
  return {all[0], first + all[1], all[2]};
}

Tensor batch_norm(const Operand& x, const Tensor& running_mean, const Tensor& running_var,
                  const Tensor& weight, const Tensor& bias, double eps) {
  const Call call("batch_norm", {x, running_mean, running_var});
  const Tensor t = call.as_float(call.tensor(x));
  channel::require(call, t);
  channel::require_like("batch_norm", call, running_mean, "running_mean", t);
  channel::require_like("batch_norm", call, running_var, "running_var", t);
  Tensor scale = rsqrt(running_var + eps);
  if (weight.defined()) {
    channel::require_like("batch_norm", call, weight, "weight", t);
    scale = scale * weight;
  }
  const int rank = t.rank();
  const Tensor y = (t - channel::over(running_mean, rank)) * channel::over(scale, rank);
  if (!bias.defined()) return y;
  channel::require_like("batch_norm", call, bias, "bias", t);
  return y + channel::over(bias, rank);
}

namespace ops {
std::vector<OpDef> batch_norm() {
  const AttributeDef eps = {"eps", AttributeType::number, "added to the variance"};
  return {
      {
          .name = "batch_norm",
          .summary = "(x - mean) / sqrt(variance + eps) * weight + bias over all axes but 1, with "
                     "shift = mean - the channel's first element.",
          .inputs = {{"x", "[N, C, ...]", "float"},
                     {"weight", "[C]", "as x", true},
                     {"bias", "[C]", "as x", true}},
          .outputs = {{"y", "as x", "as x"}, {"shift", "[C]", "as x"}, {"variance", "[C]", "as x"}},
          .attributes = {eps},
          .infer = batch_norm_infer,
          .gradient = batch_norm_gradient,
          .decompose = batch_norm_body,
          .source = "https://arxiv.org/abs/1502.03167",
          .samples = batch_norm_samples,
      },
      {
          .name = "batch_norm_backward",
          .summary = "The gradients of batch_norm's x, weight and bias from dy and the saved "
                     "statistics.",
          .inputs = {{"dy", "[N, C, ...]", "float"},
                     {"x", "as dy", "as dy"},
                     {"weight", "[C]", "as dy"},
                     {"shift", "[C]", "as dy"},
                     {"variance", "[C]", "as dy"}},
          .outputs = {{"dx", "as dy", "as dy"},
                      {"dweight", "[C]", "as dy"},
                      {"dbias", "[C]", "as dy"}},
          .attributes = {eps},
          .infer = batch_norm_infer_backward,
          .decompose = batch_norm_backward,
          .samples = batch_norm_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
