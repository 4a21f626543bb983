// Recurrent layers and cells against PyTorch, and two models that train beside PyTorch's.
#include <asg/nn/linear.hpp>
#include <asg/nn/recurrent.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/optim/sgd.hpp>

#include "pytorch/layers.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

Tensor given(const Inputs& in, const std::string& name) {
  return in.has(name) ? in(name) : Tensor{};
}

// RNN and GRU, and their cells.
template <class Layer>
void one_state(const std::string& name, const Layer& layer) {
  layer_agrees(name, layer, [&](const Inputs& in) -> Tensors {
    const auto out = layer(in("x"), given(in, "h"));
    if constexpr (std::is_same_v<decltype(out), const Tensor>)
      return {out};
    else
      return {out.y, out.h};
  });
}
template <class Layer>
void two_states(const std::string& name, const Layer& layer) {
  layer_agrees(name, layer, [&](const Inputs& in) -> Tensors {
    const auto out = layer(in("x"), nn::LSTMState{given(in, "h"), given(in, "c")});
    if constexpr (std::is_same_v<decltype(out), const nn::LSTMState>)
      return {out.h, out.c};
    else
      return {out.y, out.state.h, out.state.c};
  });
}

BOOST_AUTO_TEST_CASE(rnn) {
  one_state("rnn_tanh", nn::RNN{3, 2});
  one_state("rnn_relu_two_layers", nn::RNN{3, 2, {.num_layers = 2, .batch_first = true}, "relu"});
  one_state("rnn_bidirectional", nn::RNN{2, 3, {.bias = false, .bidirectional = true}});
}

BOOST_AUTO_TEST_CASE(lstm) {
  two_states("lstm", nn::LSTM{3, 2});
  two_states("lstm_two_layers_both_ways", nn::LSTM{2, 2, {.num_layers = 2, .bidirectional = true}});
  two_states("lstm_batch_first_no_state", nn::LSTM{2, 3, {.batch_first = true}});
  two_states("lstm_without_batch", nn::LSTM{2, 3, {.bias = false}});
}

BOOST_AUTO_TEST_CASE(gru) {
  one_state("gru", nn::GRU{3, 2});
  one_state("gru_two_layers_both_ways", nn::GRU{2, 2, {.num_layers = 2, .bidirectional = true}});
  one_state("gru_without_bias", nn::GRU{2, 3, {.bias = false, .batch_first = true}});
}

BOOST_AUTO_TEST_CASE(cells) {
  one_state("rnn_cell", nn::RNNCell{3, 2, {}, "relu"});
  one_state("rnn_cell_no_state", nn::RNNCell{3, 2});
  two_states("lstm_cell", nn::LSTMCell{3, 2});
  two_states("lstm_cell_without_batch", nn::LSTMCell{3, 2, {.bias = false}});
  one_state("gru_cell", nn::GRUCell{3, 2});
}

template <class Layer>
struct Model : nn::Module {
  Layer rnn = add("rnn", Layer{3, 4, {.num_layers = 2}});
  nn::Linear head = add("head", nn::Linear{4, 2});
  Tensor forward(const Tensor& x) const override { return head(select(rnn(x), 0, -1)); }
};

Array batch_of(const Array& all, std::int64_t batch, DType dtype) {
  const Shape shape = all.shape().slice(1, all.shape().rank());
  Array part(dtype, shape);
  for (std::int64_t i = 0; i < part.numel(); ++i) part.set(i, all.get(batch * part.numel() + i));
  return part;
}

// Forty steps from the recorded weights, three batches in turn.
template <class Layer>
void trains(const std::string& name, DType dtype, double tolerance) {
  compared().insert(name);
  const Recorded& expected = recorded().at(name);
  const Array& losses = expected.outputs[0];
  for (const Device& device : devices()) {
    const Model<Layer> model;
    model.to(dtype);
    const optim::SGD optimizer{{.momentum = 0.5}};
    auto step = compile(device, [&](Tensor x, Tensor target, Tensor lr) {
      const Tensor loss = mse_loss(model(x), target);
      optimizer.minimize(loss, lr);
      return loss;
    });
    State state = state_of(model, expected, device);
    for (std::int64_t i = 0; i < losses.numel(); ++i) {
      const Array loss = step(state, batch_of(expected.inputs[0], i % 3, dtype),
                              batch_of(expected.inputs[1], i % 3, dtype), 0.5);
      BOOST_TEST(std::abs(loss.get(0) - losses.get(i)) <= tolerance,
                 name << " on " << device.backend_name() << ", step " << i << ": " << loss.get(0)
                      << " in place of " << losses.get(i));
    }
  }
}

BOOST_AUTO_TEST_CASE(models_train_as_they_do) {
  trains<nn::LSTM>("lstm_trains", f64, 1e-9);
  trains<nn::LSTM>("lstm_trains", f32, 5e-6);
  trains<nn::GRU>("gru_trains", f64, 1e-9);
  trains<nn::GRU>("gru_trains", f32, 5e-6);
}

}  // namespace
