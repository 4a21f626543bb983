#include <asg/nn/recurrent.hpp>

#include <cmath>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/random.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

Initializer uniform_for(std::int64_t hidden) {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  return init::uniform(-bound, bound);
}

// x * weight^T + both biases, as far as there are any.
Tensor gates_of(const Tensor& x, const Parameter& weight, const Parameter& bias,
                const Parameter& other) {
  Graph& graph = x.graph();
  const Tensor w = weight.in(graph);
  if (!bias) return linear(x, w);
  const Tensor b = bias.in(graph);
  return linear(x, w, other ? b + other.in(graph) : b);
}

void require_both(const Operand& x, std::string_view layer, const LSTMState& state) {
  const Call call(layer, {x});
  call.require(state.h.defined() == state.c.defined(), "h and c come together, or none of them");
}

}  // namespace

Recurrent::Recurrent(std::string_view layer, std::int64_t gates, std::int64_t in,
                     std::int64_t hidden, const RecurrentOptions& options, Where where)
    : name_(layer), in_(in), hidden_(hidden), options_(options) {
  check_sizes(layer, {{"in", in}, {"hidden", hidden}, {"num_layers", options.num_layers}}, 1,
              where);
  check_probability(layer, options.dropout, where);
  const std::int64_t rows = times(layer, gates, {"hidden", hidden}, where);
  const Initializer start = uniform_for(hidden);
  for (std::int64_t k = 0; k < options.num_layers; ++k)
    for (std::int64_t direction = 0; direction < directions(); ++direction) {
      const std::string suffix = fmt::format("_l{}{}", k, direction == 1 ? "_reverse" : "");
      const std::int64_t width =
          k == 0 ? in : times(layer, directions(), {"hidden", hidden}, where);
      Weights weights;
      weights.ih = add("weight_ih" + suffix, {rows, width}, start, where);
      weights.hh = add("weight_hh" + suffix, {rows, hidden}, start, where);
      if (options.bias) {
        weights.bias_ih = add("bias_ih" + suffix, {rows}, start, where);
        weights.bias_hh = add("bias_hh" + suffix, {rows}, start, where);
      }
      weights_.push_back(weights);
    }
}

Recurrent::Scanned Recurrent::run_layer(std::int64_t layer, const Tensor& x, const Tensors& initial,
                                        const Scan& scan) const {
  Tensors sides;
  Scanned result;
  for (std::int64_t direction = 0; direction < directions(); ++direction) {
    const std::int64_t place = layer * directions() + direction;
    Tensors begin;
    for (const Tensor& state : initial)
      begin.push_back(state.defined() ? select(state, 0, place)
                                      : zeros(x.graph(), {x.size(1), hidden_}, x.dtype()));
    const Scanned side =
        scan(x, weights_[static_cast<std::size_t>(place)], begin, {.reverse = direction == 1});
    sides.push_back(side.y);
    result.states.insert(result.states.end(), side.states.begin(), side.states.end());
  }
  result.y = sides.size() == 1 ? sides[0] : concat(sides, -1);
  return result;
}

Recurrent::Scanned Recurrent::run(const Operand& x, const Tensors& initial,
                                  const Scan& scan) const {
  const Call call(name_, {x});
  Tensor y = call.as_float(x.tensor());
  const bool batched = y.rank() == 3;
  if (!(batched || y.rank() == 2) || y.size(-1) != in_)
    call.fail(fmt::format(
        "x must be {} or [T, {}]",
        options_.batch_first ? fmt::format("[B, T, {}]", in_) : fmt::format("[T, B, {}]", in_),
        in_));
  if (!batched) y = unsqueeze(y, 1);
  if (batched && options_.batch_first) y = transpose(y, 0, 1);

  const std::int64_t all = options_.num_layers * directions();
  const Shape shape = batched ? Shape{all, y.size(1), hidden_} : Shape{all, hidden_};
  Tensors states;
  for (const Tensor& state : initial) {
    if (state.defined() && state.shape() != shape)
      call.fail(fmt::format("an initial state must be {}, not {}", to_string(shape),
                            to_string(state.shape())));
    states.push_back(state.defined() && !batched ? unsqueeze(state, 1) : state);
  }

  std::vector<Tensors> finals(initial.size());
  for (std::int64_t layer = 0; layer < options_.num_layers; ++layer) {
    if (layer > 0) y = dropout(y, options_.dropout);
    const Scanned scanned = run_layer(layer, y, states, scan);
    y = scanned.y;
    for (std::size_t i = 0; i < scanned.states.size(); ++i)
      finals[i % finals.size()].push_back(scanned.states[i]);
  }
  Scanned result{batched ? (options_.batch_first ? transpose(y, 0, 1) : y) : squeeze(y, {1}), {}};
  for (const Tensors& state : finals) {
    const Tensor stacked = stack(state, 0);
    result.states.push_back(batched ? stacked : squeeze(stacked, {1}));
  }
  return result;
}

RNN::RNN(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options,
         Nonlinearity nonlinearity, Where where)
    : Recurrent("RNN", 1, in, hidden, options, where), nonlinearity_(nonlinearity) {}

RecurrentOutput RNN::operator()(const Operand& x, const Tensor& h) const {
  const Scope scope = enter(x);
  const Scanned out = run(x, {h},
                          [&](const Tensor& from, const Weights& w, const Tensors& begin,
                              const ScanOptions& options) -> Scanned {
                            const RnnScan scan =
                                rnn_scan(gates_of(from, w.ih, w.bias_ih, w.bias_hh), begin[0],
                                         w.hh.in(from.graph()), nonlinearity_, options);
                            return {scan.y, {scan.h}};
                          });
  return {out.y, out.states[0]};
}
Tensor RNN::forward(const Tensor& x) const { return (*this)(x, Tensor{}).y; }

LSTM::LSTM(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options, Where where)
    : Recurrent("LSTM", 4, in, hidden, options, where) {}

LSTMOutput LSTM::operator()(const Operand& x, const LSTMState& state) const {
  const Scope scope = enter(x);
  require_both(x, "LSTM", state);
  const Scanned out = run(x, {state.h, state.c},
                          [](const Tensor& from, const Weights& w, const Tensors& begin,
                             const ScanOptions& options) -> Scanned {
                            const LstmScan scan =
                                lstm_scan(gates_of(from, w.ih, w.bias_ih, w.bias_hh), begin[0],
                                          begin[1], w.hh.in(from.graph()), options);
                            return {scan.y, {scan.h, scan.c}};
                          });
  return {out.y, {out.states[0], out.states[1]}};
}
Tensor LSTM::forward(const Tensor& x) const { return (*this)(x, LSTMState{}).y; }

GRU::GRU(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options, Where where)
    : Recurrent("GRU", 3, in, hidden, options, where) {}

// bias_hh stays apart: the reset gate acts on a part of it.
RecurrentOutput GRU::operator()(const Operand& x, const Tensor& h) const {
  const Scope scope = enter(x);
  const Scanned out = run(x, {h},
                          [](const Tensor& from, const Weights& w, const Tensors& begin,
                             const ScanOptions& options) -> Scanned {
                            Graph& graph = from.graph();
                            const RnnScan scan =
                                gru_scan(gates_of(from, w.ih, w.bias_ih, {}), begin[0],
                                         w.hh.in(graph), w.bias_hh.in(graph), options);
                            return {scan.y, {scan.h}};
                          });
  return {out.y, out.states[0]};
}
Tensor GRU::forward(const Tensor& x) const { return (*this)(x, Tensor{}).y; }

RecurrentCell::RecurrentCell(std::string_view layer, std::int64_t gates, std::int64_t in,
                             std::int64_t hidden, RecurrentCellOptions options, Where where)
    : name_(layer), in_(in), hidden_(hidden) {
  check_sizes(layer, {{"in", in}, {"hidden", hidden}}, 1, where);
  const std::int64_t rows = times(layer, gates, {"hidden", hidden}, where);
  const Initializer start = uniform_for(hidden);
  weight_ih = add("weight_ih", {rows, in}, start, where);
  weight_hh = add("weight_hh", {rows, hidden}, start, where);
  if (!options.bias) return;
  bias_ih = add("bias_ih", {rows}, start, where);
  bias_hh = add("bias_hh", {rows}, start, where);
}

Tensors RecurrentCell::operands(const Operand& x, const Tensors& states) const {
  const Call call(name_, {x});
  Tensor from = call.as_float(x.tensor());
  const bool batched = from.rank() == 2;
  if (!(batched || from.rank() == 1) || from.size(-1) != in_)
    call.fail(fmt::format("x must be [B, {}] or [{}]", in_, in_));
  const Shape shape = batched ? Shape{from.size(0), hidden_} : Shape{hidden_};
  Tensors result = {batched ? from : unsqueeze(from, 0)};
  for (const Tensor& state : states) {
    if (state.defined() && state.shape() != shape)
      call.fail(
          fmt::format("a state must be {}, not {}", to_string(shape), to_string(state.shape())));
    const Tensor begin = state.defined() ? state : zeros(from.graph(), shape, from.dtype());
    result.push_back(batched ? begin : unsqueeze(begin, 0));
  }
  return result;
}

RNNCell::RNNCell(std::int64_t in, std::int64_t hidden, RecurrentCellOptions options,
                 Nonlinearity nonlinearity, Where where)
    : RecurrentCell("RNNCell", 1, in, hidden, options, where), nonlinearity_(nonlinearity) {}

Tensor RNNCell::operator()(const Operand& x, const Tensor& h) const {
  const Scope scope = enter(x);
  const Tensors t = operands(x, {h});
  const Tensor next = rnn_step(gates_of(t[0], weight_ih, bias_ih, bias_hh), t[1],
                               weight_hh.in(t[0].graph()), nonlinearity_);
  return x.tensor().rank() == 1 ? squeeze(next, {0}) : next;
}
Tensor RNNCell::forward(const Tensor& x) const { return (*this)(x, Tensor{}); }

LSTMCell::LSTMCell(std::int64_t in, std::int64_t hidden, RecurrentCellOptions options, Where where)
    : RecurrentCell("LSTMCell", 4, in, hidden, options, where) {}

LSTMState LSTMCell::operator()(const Operand& x, const LSTMState& state) const {
  const Scope scope = enter(x);
  require_both(x, "LSTMCell", state);
  const Tensors t = operands(x, {state.h, state.c});
  const LstmStep next = lstm_step(gates_of(t[0], weight_ih, bias_ih, bias_hh), t[1], t[2],
                                  weight_hh.in(t[0].graph()));
  if (x.tensor().rank() == 2) return {next.h, next.c};
  return {squeeze(next.h, {0}), squeeze(next.c, {0})};
}
Tensor LSTMCell::forward(const Tensor& x) const { return (*this)(x, LSTMState{}).h; }

GRUCell::GRUCell(std::int64_t in, std::int64_t hidden, RecurrentCellOptions options, Where where)
    : RecurrentCell("GRUCell", 3, in, hidden, options, where) {}

Tensor GRUCell::operator()(const Operand& x, const Tensor& h) const {
  const Scope scope = enter(x);
  const Tensors t = operands(x, {h});
  Graph& graph = t[0].graph();
  const Tensor next = gru_step(gates_of(t[0], weight_ih, bias_ih, {}), t[1], weight_hh.in(graph),
                               bias_hh.in(graph));
  return x.tensor().rank() == 1 ? squeeze(next, {0}) : next;
}
Tensor GRUCell::forward(const Tensor& x) const { return (*this)(x, Tensor{}); }

}  // namespace asg::nn
