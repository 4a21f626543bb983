#include <cmath>
#include <limits>

#include <asg/ops/activation.hpp>
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

using recurrent::through_sigmoid;
using recurrent::through_tanh;

// gates are i, f, g and o behind their functions: what the backward pass needs beside the cells.
Types lstm_scan_infer(const Signature& call) {
  using namespace sdk::composites::lstm_scan;
  const recurrent::Sizes s = recurrent::sizes_of(call, x_gates, 4, weight_hh, 4);
  recurrent::require_shape(call, h0, s.state(), "h0 must be [B, H]");
  recurrent::require_shape(call, c0, s.state(), "c0 must be [B, H]");
  const DType dtype = call.dtype(0);
  return {{dtype, s.sequence()}, {dtype, s.state()}, {dtype, s.sequence()}, {dtype, s.sequence(4)}};
}

struct LstmScanned {
  Tensor gates, c, h;
};
LstmScanned lstm_scan_step(const Tensor& x_gates, const Tensor& h, const Tensor& c,
                           const Tensor& weight) {
  const Tensors sums = chunk(x_gates + matmul(h, transpose(weight)), 4, -1);
  const Tensor i = sigmoid(sums[0]), f = sigmoid(sums[1]);
  const Tensor g = tanh(sums[2]), o = sigmoid(sums[3]);
  const Tensor cell = f * c + i * g;
  return {concat({i, f, g, o}, -1), cell, o * tanh(cell)};
}

Tensors lstm_scan_body(const OpCall& call) {
  namespace at = sdk::composites::lstm_scan;
  const Tensor& x = call.in(at::x_gates);
  LstmScanned now{{}, call.in(at::c0), call.in(at::h0)};
  const auto steps = static_cast<std::size_t>(x.size(0));
  Tensors y(steps), cells(steps), gates(steps);
  recurrent::for_each_step(x.size(0), call.attributes, [&](std::int64_t t) {
    now = lstm_scan_step(select(x, 0, t), now.h, now.c, call.in(at::weight_hh));
    const auto i = static_cast<std::size_t>(t);
    y[i] = now.h;
    cells[i] = now.c;
    gates[i] = now.gates;
  });
  const Tensor none = slice(x, 2, 0, now.h.size(1));
  return {recurrent::joined(y, none), now.c, recurrent::joined(cells, none),
          recurrent::joined(gates, x)};
}

// The cotangents of cells and gates come from second derivatives alone: then the backward op has
// them as operands more.
Tensors lstm_scan_gradient(const GradientCall& call) {
  namespace at = sdk::composites::lstm_scan;
  const Tensor &y = call.out(at::y), &cells = call.out(at::cells), &gates = call.out(at::gates);
  const Tensor &dcells = call.dy(at::cells), &dgates = call.dy(at::gates);
  Tensors inputs = {recurrent::or_zeros(call.dy(at::y), y),
                    recurrent::or_zeros(call.dy(at::c), call.out(at::c)),
                    call.in(at::c0),
                    call.in(at::weight_hh),
                    cells,
                    gates};
  if (dcells.defined() || dgates.defined()) {
    inputs.push_back(recurrent::or_zeros(dcells, cells));
    inputs.push_back(recurrent::or_zeros(dgates, gates));
  }
  const Tensors d = y.graph().add(find_op("lstm_scan_backward"), inputs, call.attributes);
  return {d[0], d[1], d[2], recurrent::weight_gradient(d[0], y, call.in(at::h0), call.attributes)};
}

Types lstm_scan_infer_backward(const Signature& call) {
  using namespace sdk::composites::lstm_scan_backward;
  const recurrent::Sizes s = recurrent::sizes_of(call, dy, 1, weight_hh, 4);
  recurrent::require_shape(call, dc, s.state(), "dc must be [B, H]");
  recurrent::require_shape(call, c0, s.state(), "c0 must be [B, H]");
  recurrent::require_shape(call, cells, s.sequence(), "cells must be [T, B, H]");
  recurrent::require_shape(call, gates, s.sequence(4), "gates must be [T, B, 4 H]");
  call.require(call.has(dgates) || !call.has(dcells), "dcells and dgates come together");
  if (call.has(dgates)) {
    recurrent::require_shape(call, dcells, s.sequence(), "dcells must be [T, B, H]");
    recurrent::require_shape(call, dgates, s.sequence(4), "dgates must be [T, B, 4 H]");
  }
  const DType dtype = call.dtype(0);
  return {{dtype, s.sequence(4)}, {dtype, s.state()}, {dtype, s.state()}};
}

Tensors lstm_scan_backward_body(const OpCall& call) {
  namespace at = sdk::composites::lstm_scan_backward;
  const Tensor &dy = call.in(at::dy), &weight = call.in(at::weight_hh);
  const Tensor& cells = call.in(at::cells);
  Tensors dx(static_cast<std::size_t>(dy.size(0)));
  Tensor dh, dc = call.in(at::dc);  // of the state after the step
  recurrent::for_each_step_back(dy.size(0), call.attributes, [&](std::int64_t t, std::int64_t b) {
    const Tensors gates = chunk(select(call.in(at::gates), 0, t), 4, -1);
    const Tensor &i = gates[0], &f = gates[1], &g = gates[2], &o = gates[3];
    const Tensor before = b < 0 ? call.in(at::c0) : select(cells, 0, b);
    const Tensor out = tanh(select(cells, 0, t));
    const Tensor now = select(dy, 0, t);
    dh = dh.defined() ? now + dh : now;
    dc = dc + through_tanh(dh * o, out);
    if (call.has(at::dcells)) dc = dc + select(call.in(at::dcells), 0, t);
    Tensors d = {dc * g, dc * before, dc * i, dh * out};
    if (call.has(at::dgates)) {
      const Tensors more = chunk(select(call.in(at::dgates), 0, t), 4, -1);
      for (std::size_t k = 0; k < d.size(); ++k) d[k] = d[k] + more[k];
    }
    const Tensor sums = concat({through_sigmoid(d[0], i), through_sigmoid(d[1], f),
                                through_tanh(d[2], g), through_sigmoid(d[3], o)},
                               -1);
    dx[static_cast<std::size_t>(t)] = sums;
    dh = matmul(sums, weight);
    dc = dc * f;
  });
  return {recurrent::joined(dx, call.in(at::gates)), recurrent::or_zeros(dh, dc), dc};
}

// The definition with loops: y, c, cells, gates.
std::vector<Array> lstm_scan_expected(const std::vector<Array>& in, recurrent::Sizes s,
                                      bool reverse) {
  const std::int64_t state = s.batch * s.hidden;
  Array y(f64, s.sequence()), cells(f64, s.sequence()), gates(f64, s.sequence(4));
  Array h = in[1].clone(), c = in[2].clone();
  for (std::int64_t place = 0; place < s.steps; ++place) {
    const std::int64_t t = reverse ? s.steps - 1 - place : place;
    for (std::int64_t k = 0; k < state; ++k) {
      const std::int64_t row = k / s.hidden, column = k % s.hidden;
      double a[4];
      for (std::int64_t gate = 0; gate < 4; ++gate) {
        const std::int64_t out = gate * s.hidden + column;
        double sum = in[0].get((t * s.batch + row) * 4 * s.hidden + out);
        for (std::int64_t p = 0; p < s.hidden; ++p)
          sum += h.get(row * s.hidden + p) * in[3].get(out * s.hidden + p);
        a[gate] = gate == 2 ? std::tanh(sum) : 1 / (1 + std::exp(-sum));
        gates.set((t * s.batch + row) * 4 * s.hidden + out, a[gate]);
      }
      c.set(k, a[1] * c.get(k) + a[0] * a[2]);
      cells.set(t * state + k, c.get(k));
      y.set(t * state + k, a[3] * std::tanh(c.get(k)));
    }
    for (std::int64_t k = 0; k < state; ++k) h.set(k, y.get(t * state + k));
  }
  return {y, c, cells, gates};
}

std::vector<Sample> lstm_scan_samples() {
  std::vector<Sample> result;
  for (const recurrent::Sizes& s : recurrent::sample_sizes())
    for (const bool reverse : {false, true}) {
      Sample sample{
          .inputs = {spread(s.sequence(4), -2, 2, 1), spread(s.state(), -1, 1, 2),
                     spread(s.state(), -1, 1, 3), spread({4 * s.hidden, s.hidden}, -1, 1, 4)},
          .attributes = {{"reverse", static_cast<std::int64_t>(reverse)}}};
      sample.outputs = lstm_scan_expected(sample.inputs, s, reverse);
      result.push_back(sample);
    }
  // Gates that are wide open or shut, and a row that is no number.
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Sample far{.inputs = {Array({1, 3, 4}, {1e30, -1e30, 1e30, 1e30, -1e30, 1e30, -infinity, infinity,
                                          std::nan(""), 0.0, 0.0, 0.0}),
                        Array({3, 1}, {0.5, -0.5, 0.25}), Array({3, 1}, {2.0, -3.0, 1.0}),
                        Array({4, 1}, {1.0, 1.0, 1.0, 1.0})},
             .attributes = {{"reverse", std::int64_t{0}}},
             .gradient = false};
  far.outputs = lstm_scan_expected(far.inputs, {1, 3, 1}, false);
  result.push_back(far);
  return result;
}

// Values follow from the derivatives of the forward pass, which are compared with differences.
std::vector<Sample> lstm_scan_backward_samples() {
  std::vector<Sample> result;
  for (const recurrent::Sizes& s : recurrent::sample_sizes())
    for (const bool reverse : {false, true}) {
      Sample sample{
          .inputs = {spread(s.sequence(), -1, 1, 1), spread(s.state(), -1, 1, 2),
                     spread(s.state(), -1, 1, 3), spread({4 * s.hidden, s.hidden}, -1, 1, 4),
                     spread(s.sequence(), -1, 1, 5), spread(s.sequence(4), 0.1, 0.9, 6)},
          .attributes = {{"reverse", static_cast<std::int64_t>(reverse)}}};
      if (reverse) {
        sample.inputs.push_back(spread(s.sequence(), -1, 1, 7));
        sample.inputs.push_back(spread(s.sequence(4), -1, 1, 8));
      }
      result.push_back(sample);
    }
  return result;
}

}  // namespace

LstmScan lstm_scan(const Operand& x_gates, const Operand& h0, const Operand& c0,
                   const Operand& weight_hh, const ScanOptions& options) {
  const Call call("lstm_scan", {x_gates, h0, c0, weight_hh});
  Tensors t = operands::of_one_float("lstm_scan", call, {x_gates, h0, c0, weight_hh});
  for (Tensor& x : t) x = call.as_float(x);
  const Attributes how = {{"reverse", static_cast<std::int64_t>(options.reverse)}};
  const Tensors out = call.make_all("lstm_scan", t, how);
  return {out[0], recurrent::last(out[0], t[1], how), out[1]};
}

LstmStep lstm_step(const Operand& x_gates, const Operand& h, const Operand& c,
                   const Operand& weight_hh) {
  const Call call("lstm_step", {x_gates, h, c, weight_hh});
  Tensors t = operands::of_one_float("lstm_step", call, {x_gates, h, c, weight_hh});
  for (Tensor& x : t) x = call.as_float(x);
  recurrent::require_step(call, t[0], t[1], t[3], 4);
  call.require(t[2].shape() == t[1].shape(), "h and c must have one shape");
  const LstmScanned step = lstm_scan_step(t[0], t[1], t[2], t[3]);
  return {step.h, step.c};
}

namespace ops {
std::vector<OpDef> lstm_scan() {
  return {{
              .name = "lstm_scan",
              .summary = "One direction of an LSTM's layer over all steps: i, f, g, o are the "
                         "parts of x_gates[t] + h * weight_hh^T behind sigmoid, g behind tanh; c = "
                         "f * c + i * g, h = o * tanh(c). y has each h, cells each c, gates each "
                         "{i, f, g, o}; the result c is that of the step taken last.",
              .inputs = {{"x_gates", "[T, B, 4 H]", "float"},
                         {"h0", "[B, H]", "as x_gates"},
                         {"c0", "[B, H]", "as x_gates"},
                         {"weight_hh", "[4 H, H]", "as x_gates"}},
              .outputs = {{"y", "[T, B, H]", "as x_gates"},
                          {"c", "[B, H]", "as x_gates"},
                          {"cells", "[T, B, H]", "as x_gates"},
                          {"gates", "[T, B, 4 H]", "as x_gates"}},
              .attributes = {recurrent::reverse_attribute()},
              .infer = lstm_scan_infer,
              .gradient = lstm_scan_gradient,
              .decompose = lstm_scan_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html",
              .samples = lstm_scan_samples,
          },
          {
              .name = "lstm_scan_backward",
              .summary = "The gradients of lstm_scan's x_gates, h0 and c0, from those of y, of the "
                         "last c and, where they are given, of cells and gates.",
              .inputs = {{"dy", "[T, B, H]", "float"},
                         {"dc", "[B, H]", "as dy"},
                         {"c0", "[B, H]", "as dy"},
                         {"weight_hh", "[4 H, H]", "as dy"},
                         {"cells", "[T, B, H]", "as dy"},
                         {"gates", "[T, B, 4 H]", "as dy"},
                         {"dcells", "[T, B, H]", "as dy", true},
                         {"dgates", "[T, B, 4 H]", "as dy", true}},
              .outputs = {{"dx_gates", "[T, B, 4 H]", "as dy"},
                          {"dh0", "[B, H]", "as dy"},
                          {"dc0", "[B, H]", "as dy"}},
              .attributes = {recurrent::reverse_attribute()},
              .infer = lstm_scan_infer_backward,
              .decompose = lstm_scan_backward_body,
              .samples = lstm_scan_backward_samples,
          }};
}
}  // namespace ops

}  // namespace asg
