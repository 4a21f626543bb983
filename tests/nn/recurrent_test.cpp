// Recurrent layers: names and first values of their parameters, shapes, states, what they refuse.
// Their numbers are compared in tests/pytorch.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/nn/recurrent.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

std::string shape_of(const Tensor& x) { return to_string(x.shape()); }

}  // namespace

BOOST_AUTO_TEST_SUITE(recurrent)

BOOST_AUTO_TEST_CASE(parameters_are_those_of_pytorch) {
  const std::vector<std::string> names = {
      "weight_ih_l0",         "weight_hh_l0",         "bias_ih_l0",         "bias_hh_l0",
      "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse",
      "weight_ih_l1",         "weight_hh_l1",         "bias_ih_l1",         "bias_hh_l1",
      "weight_ih_l1_reverse", "weight_hh_l1_reverse", "bias_ih_l1_reverse", "bias_hh_l1_reverse"};
  const nn::GRU both{3, 5, {.num_layers = 2, .bidirectional = true}};
  BOOST_TEST(names_of(both) == names, boost::test_tools::per_element());
  BOOST_TEST(to_string(both.parameter("weight_ih_l0").shape()) == "[15, 3]");
  BOOST_TEST(to_string(both.parameter("weight_hh_l1_reverse").shape()) == "[15, 5]");
  BOOST_TEST(to_string(both.parameter("weight_ih_l1").shape()) == "[15, 10]");
  BOOST_TEST(to_string(both.parameter("bias_hh_l1").shape()) == "[15]");
  BOOST_TEST(to_string(nn::LSTM{3, 5}.parameter("weight_ih_l0").shape()) == "[20, 3]");
  BOOST_TEST(names_of(nn::RNN{3, 5, {.num_layers = 2, .bias = false}}).size() == 4U);
  const std::vector<std::string> of_cell = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
  BOOST_TEST(names_of(nn::LSTMCell{3, 5}) == of_cell, boost::test_tools::per_element());
  BOOST_TEST(names_of(nn::GRUCell{3, 5, {.bias = false}}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(they_begin_uniform_by_the_hidden_size) {
  const nn::LSTM layer{2, 16};
  State state = initialize(layer, device(), 1);
  for (const nn::Parameter& parameter : layer.parameters()) {
    double most = 0, sum = 0;
    for (const double value : doubles(state.get(parameter.name()))) {
      most = std::max(most, std::abs(value));
      sum += value / static_cast<double>(parameter.numel());
    }
    BOOST_TEST(most <= 0.25);
    BOOST_TEST(most > 0.2);
    BOOST_TEST(std::abs(sum) < 0.06);
  }
}

BOOST_AUTO_TEST_CASE(shapes_of_results) {
  Graph graph;
  const nn::LSTM layer{3, 5, {.num_layers = 2, .batch_first = true, .bidirectional = true}};
  const auto out = layer(graph.input("x", f32, {4, 7, 3}), nn::LSTMState{});
  BOOST_TEST(shape_of(out.y) == "[4, 7, 10]");
  BOOST_TEST(shape_of(out.state.h) == "[4, 4, 5]");
  BOOST_TEST(shape_of(out.state.c) == "[4, 4, 5]");
  const auto alone = layer(graph.input("one", f32, {7, 3}), nn::LSTMState{});
  BOOST_TEST(shape_of(alone.y) == "[7, 10]");
  BOOST_TEST(shape_of(alone.state.c) == "[4, 5]");
  BOOST_TEST(shape_of(nn::GRUCell{3, 5}(graph.input("two", f32, {3}))) == "[5]");
}

// Of no step the final states are the initial ones, and gradients are zeros but for theirs.
BOOST_AUTO_TEST_CASE(sequences_without_a_step) {
  const nn::GRU layer{2, 3};
  State state = initialize(layer, device(), 1);
  const Array h = spread({1, 2, 3}).to(f32);
  auto run = compile(device(), [&](Tensor x, Tensor begin) {
    const auto out = layer(x, begin);
    const Tensor weight = layer.parameter("weight_hh_l0").in(x.graph());
    const Tensors d =
        gradients(sum(out.y) + sum(out.h * 2), {begin, weight}, {}, {.allow_unused = true});
    return std::tuple{out.y, out.h, d[0], d[1]};
  });
  const auto [y, last, dh, dweight] = run(state, Array(f32, {0, 2, 2}), h);
  BOOST_TEST(to_string(y.shape()) == "[0, 2, 3]");
  BOOST_TEST(identical(last, h));
  for (const double value : doubles(dh)) BOOST_TEST(value == 2);
  for (const double value : doubles(dweight)) BOOST_TEST(value == 0);
}

// A layer of steps is its cell, step by step; the reverse direction begins at the end.
BOOST_AUTO_TEST_CASE(layers_are_their_cells_in_a_loop) {
  const nn::LSTM layer{2, 3, {.bidirectional = true}};
  layer.to(f64);
  State state = initialize(layer, device(), 1);
  auto run = compile(device(), [&](Tensor x) {
    Graph& graph = x.graph();
    const auto weight = [&](const std::string& name) { return layer.parameter(name).in(graph); };
    const Tensor y = layer(x);
    Tensors wrong;
    for (const bool reverse : {false, true}) {
      const std::string end = reverse ? "_l0_reverse" : "_l0";
      LstmStep now{zeros(graph, {2, 3}, f64), zeros(graph, {2, 3}, f64)};
      for (std::int64_t k = 0; k < 4; ++k) {
        const std::int64_t t = reverse ? 3 - k : k;
        const Tensor gates = linear(select(x, 0, t), weight("weight_ih" + end),
                                    weight("bias_ih" + end) + weight("bias_hh" + end));
        now = lstm_step(gates, now.h, now.c, weight("weight_hh" + end));
        const std::int64_t first = reverse ? 3 : 0;
        wrong.push_back(max(abs(slice(select(y, 0, t), 1, first, first + 3) - now.h)));
      }
    }
    return max(stack(wrong, 0));
  });
  BOOST_TEST(run(state, spread({4, 2, 2})).item<double>() < 1e-15);
}

BOOST_AUTO_TEST_CASE(dropout_is_between_layers_and_in_training) {
  const Array x = spread({3, 2, 4}).to(f32);
  const nn::RNN plain{4, 8, {.num_layers = 2}}, drops{4, 8, {.num_layers = 2, .dropout = 0.5}};
  const nn::RNN one{4, 8, {.dropout = 0.5}};
  const auto result = [&](const nn::RNN& layer, bool training) {
    State state = initialize(layer, device(), 3);
    Function run(device(), [&](Graph&, const Tensors& in) -> Tensors { return {layer(in[0])}; },
                 {.training = training});
    return run.call(state, {x})[0];
  };
  BOOST_TEST(identical(result(plain, false), result(drops, false)));
  BOOST_TEST(!identical(result(plain, true), result(drops, true)));
  BOOST_TEST(identical(result(one, true), result(one, false)));
}

BOOST_AUTO_TEST_CASE(what_layers_refuse) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 2, 3}), h = graph.input("h", f32, {1, 2, 5});
  const nn::LSTM lstm{3, 5};
  const nn::GRU gru{3, 5, {.batch_first = true}};
  const auto refuses = [&](const auto& call, const std::string& why) {
    const std::string message = message_of<Error>(call);
    BOOST_TEST(contains(message, why), message);
    BOOST_TEST(contains(message, "recurrent_test.cpp:"), message);
  };
  refuses([&] { lstm(graph.input("a", f32, {4, 2, 2})); }, "x must be [T, B, 3] or [T, 3]");
  refuses([&] { gru(graph.input("b", f32, {3})); }, "x must be [B, T, 3] or [T, 3]");
  refuses([&] { lstm(x, nn::LSTMState{.h = h}); }, "h and c come together");
  refuses([&] { gru(x, h); }, "an initial state must be [1, 4, 5], not [1, 2, 5]");
  refuses([&] { nn::GRU(0, 5); }, "in is 0; it must be at least 1");
  refuses([&] { nn::GRU(3, -1); }, "hidden is -1");
  refuses([&] { nn::LSTM(3, INT64_MAX / 2); }, "are too many");
  refuses([&] { nn::RNN(3, 5, {.num_layers = 0}); }, "num_layers is 0");
  refuses([&] { nn::RNN(3, 5, {.dropout = 1.5}); }, "it must be in [0, 1]");
  refuses([&] { nn::RNN(3, 5, {}, "sigmoid")(x); }, "nonlinearity is \"tanh\" or \"relu\"");
  refuses([&] { nn::RNNCell(3, 5, {}, "gelu")(select(x, 0, 0)); },
          "nonlinearity is \"tanh\" or \"relu\"");
  refuses([&] { nn::GRUCell(3, 5)(x); }, "x must be [B, 3] or [3]");
  refuses([&] { nn::GRUCell(3, 5)(select(x, 0, 0), h); }, "a state must be [2, 5], not [1, 2, 5]");
}

BOOST_AUTO_TEST_CASE(what_scans_refuse) {
  Graph graph;
  auto of = [&, n = 0](const Shape& shape, DType dtype = f32) mutable {
    return graph.input(fmt::format("x{}", n++), dtype, shape);
  };
  const Tensor state = of({2, 5}), weight = of({20, 5}), x = of({4, 2, 20});
  const auto refuses = [&](const auto& call, const std::string& why) {
    const std::string message = message_of<Error>(call);
    BOOST_TEST(contains(message, why), message);
    BOOST_TEST(contains(message, "recurrent_test.cpp:"), message);
  };
  refuses(
      [&] {
        return lstm_scan(of({2, 20}), state, state, weight);
      },
      "the sequence must be [T, B, ...]");
  refuses([&] { return lstm_scan(of({4, 2, 15}), state, state, weight); }, "last axis must fit");
  refuses([&] { return lstm_scan(x, of({3, 5}), state, weight); }, "h0 must be [B, H]");
  refuses([&] { return lstm_scan(x, state, of({2, 4}), weight); }, "c0 must be [B, H]");
  refuses(
      [&] {
        return lstm_scan(x, state, state, of({20, 4}));
      },
      "weight_hh must be [gates * H, H]");
  refuses([&] { return lstm_scan(x, state, state, of({20, 5}, f64)); }, "f32 meets f64");
  refuses(
      [&] {
        return gru_scan(of({4, 2, 15}), state, of({15, 5}), of({5}));
      },
      "bias_hh must be [3 H]");
  refuses(
      [&] {
        return gru_step(of({2, 15}), state, of({15, 5}), of({5}));
      },
      "bias_hh must be [3 H]");
  refuses([&] { return lstm_step(x, state, state, weight); }, "x_gates must be [B, gates * H]");
  refuses(
      [&] {
        return lstm_step(of({2, 20}), state, of({1, 5}), weight);
      },
      "h and c must have one shape");
  refuses([&] { return rnn_step(of({2, 5}), of({5}), of({5, 5})); }, "the state must be [B, H]");
  refuses(
      [&] {
        return rnn_step(of({2, 5}), state, of({5, 4}));
      },
      "weight_hh must be [gates * H, H]");
}

BOOST_AUTO_TEST_SUITE_END()
