#include <cmath>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/recurrent.hpp>
#include <asg/sdk/composites.hpp>

#include "ops/operand_rules.hpp"
#include "ops/recurrent_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

constexpr const char* rnn_scan_functions = "nonlinearity is \"tanh\" or \"relu\"";

bool rnn_scan_is_tanh(const Attributes& how) { return how.text("nonlinearity") == "tanh"; }
bool rnn_scan_knows(std::string_view function) { return function == "tanh" || function == "relu"; }

Types rnn_scan_infer(const Signature& call) {
  using namespace sdk::composites::rnn_scan;
  call.require_type(rnn_scan_knows(call.attributes.text("nonlinearity")), rnn_scan_functions);
  const recurrent::Sizes s = recurrent::sizes_of(call, x_gates, 1, weight_hh, 1);
  recurrent::require_shape(call, h0, s.state(), "h0 must be [B, H]");
  return {{call.dtype(0), s.sequence()}};
}

Tensor rnn_scan_step(const Tensor& x_gates, const Tensor& h, const Tensor& weight, bool is_tanh) {
  const Tensor sums = x_gates + matmul(h, transpose(weight));
  return is_tanh ? tanh(sums) : relu(sums);
}

Tensors rnn_scan_body(const OpCall& call) {
  namespace at = sdk::composites::rnn_scan;
  const Tensor& x = call.in(at::x_gates);
  const bool is_tanh = rnn_scan_is_tanh(call.attributes);
  Tensor h = call.in(at::h0);
  Tensors y(static_cast<std::size_t>(x.size(0)));
  recurrent::for_each_step(x.size(0), call.attributes, [&](std::int64_t t) {
    h = rnn_scan_step(select(x, 0, t), h, call.in(at::weight_hh), is_tanh);
    y[static_cast<std::size_t>(t)] = h;
  });
  return {recurrent::joined(y, x)};
}

Tensors rnn_scan_gradient(const GradientCall& call) {
  namespace at = sdk::composites::rnn_scan;
  const Tensor& y = call.out(at::y);
  const Tensors d = y.graph().add(find_op("rnn_scan_backward"),
                                  Tensors{call.dy(), call.in(at::weight_hh), y}, call.attributes);
  return {d[0], d[1], recurrent::weight_gradient(d[0], y, call.in(at::h0), call.attributes)};
}

Types rnn_scan_infer_backward(const Signature& call) {
  using namespace sdk::composites::rnn_scan_backward;
  call.require_type(rnn_scan_knows(call.attributes.text("nonlinearity")), rnn_scan_functions);
  const recurrent::Sizes s = recurrent::sizes_of(call, dy, 1, weight_hh, 1);
  recurrent::require_shape(call, y, s.sequence(), "y must be [T, B, H]");
  return {{call.dtype(0), s.sequence()}, {call.dtype(0), s.state()}};
}

Tensors rnn_scan_backward_body(const OpCall& call) {
  namespace at = sdk::composites::rnn_scan_backward;
  const Tensor &dy = call.in(at::dy), &weight = call.in(at::weight_hh);
  const bool is_tanh = rnn_scan_is_tanh(call.attributes);
  Tensors dx(static_cast<std::size_t>(dy.size(0)));
  Tensor dh;
  recurrent::for_each_step_back(dy.size(0), call.attributes, [&](std::int64_t t, std::int64_t) {
    const Tensor y = select(call.in(at::y), 0, t), now = select(dy, 0, t);
    dh = dh.defined() ? now + dh : now;
    const Tensor sums = is_tanh ? recurrent::through_tanh(dh, y) : where(y <= 0, 0, dh);
    dx[static_cast<std::size_t>(t)] = sums;
    dh = matmul(sums, weight);
  });
  if (!dh.defined()) dh = zeros(dy.graph(), {dy.size(1), dy.size(2)}, dy.dtype());
  return {recurrent::joined(dx, dy), dh};
}

std::vector<Array> rnn_scan_expected(const std::vector<Array>& in, recurrent::Sizes s, bool reverse,
                                     bool is_tanh) {
  const std::int64_t state = s.batch * s.hidden;
  Array y(f64, s.sequence()), h = in[1].clone();
  for (std::int64_t place = 0; place < s.steps; ++place) {
    const std::int64_t t = reverse ? s.steps - 1 - place : place;
    for (std::int64_t k = 0; k < state; ++k) {
      double sum = in[0].get(t * state + k);
      for (std::int64_t p = 0; p < s.hidden; ++p)
        sum += h.get(k / s.hidden * s.hidden + p) * in[2].get(k % s.hidden * s.hidden + p);
      y.set(t * state + k, is_tanh ? std::tanh(sum) : sum > 0 ? sum : 0);
    }
    for (std::int64_t k = 0; k < state; ++k) h.set(k, y.get(t * state + k));
  }
  return {y};
}

Attributes rnn_scan_options(bool reverse, bool is_tanh) {
  return {{"reverse", static_cast<std::int64_t>(reverse)},
          {"nonlinearity", std::string(is_tanh ? "tanh" : "relu")}};
}

std::vector<Sample> rnn_scan_samples() {
  std::vector<Sample> result;
  for (const recurrent::Sizes& s : recurrent::sample_sizes())
    for (const bool reverse : {false, true})
      for (const bool is_tanh : {false, true}) {
        Sample sample{.inputs = {spread(s.sequence(), -2, 2, 1), spread(s.state(), -1, 1, 2),
                                 spread({s.hidden, s.hidden}, -1, 1, 3)},
                      .attributes = rnn_scan_options(reverse, is_tanh)};
        sample.outputs = rnn_scan_expected(sample.inputs, s, reverse, is_tanh);
        result.push_back(sample);
      }
  // The bend of relu, and sums as large as can be.
  Sample far = kink(
      {Array({1, 3, 1}, {-0.5, 1e30, -1e30}), Array({3, 1}, {0.5, 1.0, 1.0}), Array({1, 1}, {1.0})},
      Array({1, 3, 1}, {0.0, 1e30, 0.0}));
  far.attributes = rnn_scan_options(false, false);
  result.push_back(far);
  far.outputs = {Array({1, 3, 1}, {0.0, 1.0, -1.0})};
  far.attributes = rnn_scan_options(false, true);
  result.push_back(far);
  return result;
}

std::vector<Sample> rnn_scan_backward_samples() {
  std::vector<Sample> result;
  for (const recurrent::Sizes& s : recurrent::sample_sizes())
    for (const bool reverse : {false, true})
      for (const bool is_tanh : {false, true})
        result.push_back(
            {.inputs = {spread(s.sequence(), -1, 1, 1), spread({s.hidden, s.hidden}, -1, 1, 2),
                        spread(s.sequence(), -0.9, 0.9, 3)},
             .attributes = rnn_scan_options(reverse, is_tanh)});
  return result;
}

}  // namespace

RnnScan rnn_scan(const Operand& x_gates, const Operand& h0, const Operand& weight_hh,
                 Nonlinearity nonlinearity, const ScanOptions& options) {
  const Call call("rnn_scan", {x_gates, h0, weight_hh});
  Tensors t = operands::of_one_float("rnn_scan", call, {x_gates, h0, weight_hh});
  for (Tensor& x : t) x = call.as_float(x);
  const Attributes how = {{"reverse", static_cast<std::int64_t>(options.reverse)},
                          {"nonlinearity", std::string(nonlinearity)}};
  const Tensor y = call.make_all("rnn_scan", t, how)[0];
  return {y, recurrent::last(y, t[1], how)};
}

Tensor rnn_step(const Operand& x_gates, const Operand& h, const Operand& weight_hh,
                Nonlinearity nonlinearity) {
  const Call call("rnn_step", {x_gates, h, weight_hh});
  Tensors t = operands::of_one_float("rnn_step", call, {x_gates, h, weight_hh});
  for (Tensor& x : t) x = call.as_float(x);
  recurrent::require_step(call, t[0], t[1], t[2], 1);
  if (!rnn_scan_knows(nonlinearity))
    throw TypeError(fmt::format("rnn_step: {}, not \"{}\"\n  at {}", rnn_scan_functions,
                                nonlinearity, to_string(call.graph().origin_now(call.where()))));
  return rnn_scan_step(t[0], t[1], t[2], nonlinearity == "tanh");
}

namespace ops {
std::vector<OpDef> rnn_scan() {
  const AttributeDef nonlinearity = {"nonlinearity", AttributeType::text, "tanh or relu"};
  return {{
              .name = "rnn_scan",
              .summary = "One direction of an RNN's layer over all steps: h = "
                         "nonlinearity(x_gates[t] + h * weight_hh^T). y has each h.",
              .inputs = {{"x_gates", "[T, B, H]", "float"},
                         {"h0", "[B, H]", "as x_gates"},
                         {"weight_hh", "[H, H]", "as x_gates"}},
              .outputs = {{"y", "[T, B, H]", "as x_gates"}},
              .attributes = {recurrent::reverse_attribute(), nonlinearity},
              .infer = rnn_scan_infer,
              .gradient = rnn_scan_gradient,
              .decompose = rnn_scan_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.nn.RNN.html",
              .samples = rnn_scan_samples,
          },
          {
              .name = "rnn_scan_backward",
              .summary = "The gradients of rnn_scan's x_gates and h0.",
              .inputs = {{"dy", "[T, B, H]", "float"},
                         {"weight_hh", "[H, H]", "as dy"},
                         {"y", "[T, B, H]", "as dy"}},
              .outputs = {{"dx_gates", "[T, B, H]", "as dy"}, {"dh0", "[B, H]", "as dy"}},
              .attributes = {recurrent::reverse_attribute(), nonlinearity},
              .infer = rnn_scan_infer_backward,
              .decompose = rnn_scan_backward_body,
              .samples = rnn_scan_backward_samples,
          }};
}
}  // namespace ops

}  // namespace asg
