#include <cmath>
#include <limits>

#include <asg/ops/activation.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/recurrent.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/sdk/composites.hpp>

#include "ops/operand_rules.hpp"
#include "ops/recurrent_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

using recurrent::through_sigmoid;
using recurrent::through_tanh;

// gates are r, z and n behind their functions, and what r is multiplied with.
Types gru_scan_infer(const Signature& call) {
  using namespace sdk::composites::gru_scan;
  const recurrent::Sizes s = recurrent::sizes_of(call, x_gates, 3, weight_hh, 3);
  recurrent::require_shape(call, h0, s.state(), "h0 must be [B, H]");
  if (call.has(bias_hh))
    recurrent::require_shape(call, bias_hh, {3 * s.hidden}, "bias_hh must be [3 H]");
  return {{call.dtype(0), s.sequence()}, {call.dtype(0), s.sequence(4)}};
}

struct GruScanned {
  Tensor gates, h;
};
GruScanned gru_scan_step(const Tensor& x_gates, const Tensor& h, const Tensor& weight,
                         const Tensor& bias) {
  const Tensor product = matmul(h, transpose(weight));
  const Tensors x = chunk(x_gates, 3, -1);
  const Tensors p = chunk(bias.defined() ? product + bias : product, 3, -1);
  const Tensor r = sigmoid(x[0] + p[0]), z = sigmoid(x[1] + p[1]);
  const Tensor n = tanh(x[2] + r * p[2]);
  return {concat({r, z, n, p[2]}, -1), n + z * (h - n)};
}

Tensors gru_scan_body(const OpCall& call) {
  namespace at = sdk::composites::gru_scan;
  const Tensor &x = call.in(at::x_gates), &weight = call.in(at::weight_hh);
  const Tensor bias = call.has(at::bias_hh) ? call.in(at::bias_hh) : Tensor{};
  GruScanned now{{}, call.in(at::h0)};
  const auto steps = static_cast<std::size_t>(x.size(0));
  Tensors y(steps), gates(steps);
  recurrent::for_each_step(x.size(0), call.attributes, [&](std::int64_t t) {
    now = gru_scan_step(select(x, 0, t), now.h, weight, bias);
    y[static_cast<std::size_t>(t)] = now.h;
    gates[static_cast<std::size_t>(t)] = now.gates;
  });
  const auto none = [&](std::int64_t width) {
    return zeros(x.graph(), {0, x.size(1), width * now.h.size(1)}, x.dtype());
  };
  return {recurrent::joined(y, none(1)), recurrent::joined(gates, none(4))};
}

// The cotangent of gates comes from second derivatives alone: then the backward op has it as an
// operand more.
Tensors gru_scan_gradient(const GradientCall& call) {
  namespace at = sdk::composites::gru_scan;
  const Tensor &y = call.out(at::y), &h0 = call.in(at::h0);
  Tensors inputs = {recurrent::or_zeros(call.dy(at::y), y), h0, call.in(at::weight_hh), y,
                    call.out(at::gates)};
  if (call.dy(at::gates).defined()) inputs.push_back(call.dy(at::gates));
  const Tensors d = y.graph().add(find_op("gru_scan_backward"), inputs, call.attributes);
  Tensors result = {d[0], d[2], recurrent::weight_gradient(d[1], y, h0, call.attributes)};
  if (call.inputs.size() > at::bias_hh) result.push_back(sum(d[1], {0, 1}));
  return result;
}

Types gru_scan_infer_backward(const Signature& call) {
  using namespace sdk::composites::gru_scan_backward;
  const recurrent::Sizes s = recurrent::sizes_of(call, dy, 1, weight_hh, 3);
  recurrent::require_shape(call, h0, s.state(), "h0 must be [B, H]");
  recurrent::require_shape(call, y, s.sequence(), "y must be [T, B, H]");
  for (const std::size_t i : {gates, dgates})
    if (call.has(i))
      recurrent::require_shape(call, i, s.sequence(4), "gates and dgates must be [T, B, 4 H]");
  const DType dtype = call.dtype(0);
  return {{dtype, s.sequence(3)}, {dtype, s.sequence(3)}, {dtype, s.state()}};
}

// dx_gates and dh_gates are the gradients of both summands of the gates, which differ for n alone.
Tensors gru_scan_backward_body(const OpCall& call) {
  namespace at = sdk::composites::gru_scan_backward;
  const Tensor &dy = call.in(at::dy), &h0 = call.in(at::h0), &weight = call.in(at::weight_hh);
  const auto steps = static_cast<std::size_t>(dy.size(0));
  Tensors dx(steps), dp(steps);
  Tensor dh;
  recurrent::for_each_step_back(dy.size(0), call.attributes, [&](std::int64_t t, std::int64_t b) {
    const Tensors gates = chunk(select(call.in(at::gates), 0, t), 4, -1);
    const Tensor &r = gates[0], &z = gates[1], &n = gates[2], &product = gates[3];
    const Tensor before = b < 0 ? h0 : select(call.in(at::y), 0, b);
    const Tensor now = select(dy, 0, t);
    dh = dh.defined() ? now + dh : now;
    Tensor dr, dz = dh * (before - n), dn = dh * (1 - z), dproduct;
    Tensors more;
    if (call.has(at::dgates)) {
      more = chunk(select(call.in(at::dgates), 0, t), 4, -1);
      dz = dz + more[1];
      dn = dn + more[2];
    }
    dn = through_tanh(dn, n);
    dr = dn * product;
    dproduct = dn * r;
    if (!more.empty()) {
      dr = dr + more[0];
      dproduct = dproduct + more[3];
    }
    dr = through_sigmoid(dr, r);
    dz = through_sigmoid(dz, z);
    const auto i = static_cast<std::size_t>(t);
    dx[i] = concat({dr, dz, dn}, -1);
    dp[i] = concat({dr, dz, dproduct}, -1);
    dh = dh * z + matmul(dp[i], weight);
  });
  const Tensor none = zeros(dy.graph(), {0, dy.size(1), weight.size(0)}, dy.dtype());
  return {recurrent::joined(dx, none), recurrent::joined(dp, none), recurrent::or_zeros(dh, h0)};
}

// The definition with loops: y and gates.
std::vector<Array> gru_scan_expected(const std::vector<Array>& in, recurrent::Sizes s,
                                     bool reverse) {
  const std::int64_t state = s.batch * s.hidden;
  Array y(f64, s.sequence()), gates(f64, s.sequence(4)), h = in[1].clone();
  for (std::int64_t place = 0; place < s.steps; ++place) {
    const std::int64_t t = reverse ? s.steps - 1 - place : place;
    for (std::int64_t k = 0; k < state; ++k) {
      const std::int64_t row = k / s.hidden, column = k % s.hidden;
      double x[3], p[3];
      for (std::int64_t gate = 0; gate < 3; ++gate) {
        const std::int64_t out = gate * s.hidden + column;
        x[gate] = in[0].get((t * s.batch + row) * 3 * s.hidden + out);
        p[gate] = in.size() > 3 ? in[3].get(out) : 0;
        for (std::int64_t q = 0; q < s.hidden; ++q)
          p[gate] += h.get(row * s.hidden + q) * in[2].get(out * s.hidden + q);
      }
      const double r = 1 / (1 + std::exp(-x[0] - p[0])), z = 1 / (1 + std::exp(-x[1] - p[1]));
      const double n = std::tanh(x[2] + r * p[2]);
      const double all[4] = {r, z, n, p[2]};
      for (std::int64_t gate = 0; gate < 4; ++gate)
        gates.set(((t * s.batch + row) * 4 + gate) * s.hidden + column, all[gate]);
      y.set(t * state + k, (1 - z) * n + z * h.get(k));
    }
    for (std::int64_t k = 0; k < state; ++k) h.set(k, y.get(t * state + k));
  }
  return {y, gates};
}

std::vector<Sample> gru_scan_samples() {
  std::vector<Sample> result;
  for (const recurrent::Sizes& s : recurrent::sample_sizes())
    for (const bool reverse : {false, true}) {
      Sample sample{.inputs = {spread(s.sequence(3), -2, 2, 1), spread(s.state(), -1, 1, 2),
                               spread({3 * s.hidden, s.hidden}, -1, 1, 3)},
                    .attributes = {{"reverse", static_cast<std::int64_t>(reverse)}}};
      if (!reverse) sample.inputs.push_back(spread({3 * s.hidden}, -1, 1, 4));
      sample.outputs = gru_scan_expected(sample.inputs, s, reverse);
      result.push_back(sample);
    }
  // Gates that are wide open or shut, and a row that is no number.
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Sample far{.inputs = {Array({1, 3, 3},
                              {1e30, -1e30, 1e30, -1e30, infinity, 0.5, std::nan(""), 0.0, 0.0}),
                        Array({3, 1}, {0.5, -0.5, 0.25}), Array({3, 1}, {1.0, 1.0, 1.0})},
             .attributes = {{"reverse", std::int64_t{0}}},
             .gradient = false};
  far.outputs = gru_scan_expected(far.inputs, {1, 3, 1}, false);
  result.push_back(far);
  return result;
}

// Values follow from the derivatives of the forward pass, which are compared with differences.
std::vector<Sample> gru_scan_backward_samples() {
  std::vector<Sample> result;
  for (const recurrent::Sizes& s : recurrent::sample_sizes())
    for (const bool reverse : {false, true}) {
      Sample sample{.inputs = {spread(s.sequence(), -1, 1, 1), spread(s.state(), -1, 1, 2),
                               spread({3 * s.hidden, s.hidden}, -1, 1, 3),
                               spread(s.sequence(), -1, 1, 4), spread(s.sequence(4), 0.1, 0.9, 5)},
                    .attributes = {{"reverse", static_cast<std::int64_t>(reverse)}}};
      if (reverse) sample.inputs.push_back(spread(s.sequence(4), -1, 1, 6));
      result.push_back(sample);
    }
  return result;
}

Tensors gru_scan_operands(std::string_view function, const Call& call, const Operand& x_gates,
                          const Operand& h, const Operand& weight, const Tensor& bias) {
  Tensors t = bias.defined() ? operands::of_one_float(function, call, {x_gates, h, weight, bias})
                             : operands::of_one_float(function, call, {x_gates, h, weight});
  for (Tensor& x : t) x = call.as_float(x);
  return t;
}

}  // namespace

RnnScan gru_scan(const Operand& x_gates, const Operand& h0, const Operand& weight_hh,
                 const Tensor& bias_hh, const ScanOptions& options) {
  const Call call("gru_scan", {x_gates, h0, weight_hh});
  const Tensors t = gru_scan_operands("gru_scan", call, x_gates, h0, weight_hh, bias_hh);
  const Attributes how = {{"reverse", static_cast<std::int64_t>(options.reverse)}};
  const Tensor y = call.make_all("gru_scan", t, how)[0];
  return {y, recurrent::last(y, t[1], how)};
}

Tensor gru_step(const Operand& x_gates, const Operand& h, const Operand& weight_hh,
                const Tensor& bias_hh) {
  const Call call("gru_step", {x_gates, h, weight_hh});
  const Tensors t = gru_scan_operands("gru_step", call, x_gates, h, weight_hh, bias_hh);
  recurrent::require_step(call, t[0], t[1], t[2], 3);
  if (bias_hh.defined()) call.require(t[3].shape() == Shape{t[2].size(0)}, "bias_hh must be [3 H]");
  return gru_scan_step(t[0], t[1], t[2], bias_hh.defined() ? t[3] : Tensor{}).h;
}

namespace ops {
std::vector<OpDef> gru_scan() {
  return {{
              .name = "gru_scan",
              .summary = "One direction of a GRU's layer over all steps: of the parts of x = "
                         "x_gates[t] and of p = h * weight_hh^T + bias_hh, r = sigmoid(x + p), z = "
                         "sigmoid(x + p), n = tanh(x + r * p); h = n + z * (h - n). y has each h, "
                         "gates each {r, z, n, the part of p in n}.",
              .inputs = {{"x_gates", "[T, B, 3 H]", "float"},
                         {"h0", "[B, H]", "as x_gates"},
                         {"weight_hh", "[3 H, H]", "as x_gates"},
                         {"bias_hh", "[3 H]", "as x_gates", true}},
              .outputs = {{"y", "[T, B, H]", "as x_gates"}, {"gates", "[T, B, 4 H]", "as x_gates"}},
              .attributes = {recurrent::reverse_attribute()},
              .infer = gru_scan_infer,
              .gradient = gru_scan_gradient,
              .decompose = gru_scan_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.nn.GRU.html",
              .samples = gru_scan_samples,
          },
          {
              .name = "gru_scan_backward",
              .summary = "The gradients of gru_scan's x_gates, of its p, and of h0, from those of "
                         "y and, where they are given, of gates.",
              .inputs = {{"dy", "[T, B, H]", "float"},
                         {"h0", "[B, H]", "as dy"},
                         {"weight_hh", "[3 H, H]", "as dy"},
                         {"y", "[T, B, H]", "as dy"},
                         {"gates", "[T, B, 4 H]", "as dy"},
                         {"dgates", "[T, B, 4 H]", "as dy", true}},
              .outputs = {{"dx_gates", "[T, B, 3 H]", "as dy"},
                          {"dh_gates", "[T, B, 3 H]", "as dy"},
                          {"dh0", "[B, H]", "as dy"}},
              .attributes = {recurrent::reverse_attribute()},
              .infer = gru_scan_infer_backward,
              .decompose = gru_scan_backward_body,
              .samples = gru_scan_backward_samples,
          }};
}
}  // namespace ops

}  // namespace asg
