// Each case is a fault that layers of a framework of this kind have had: an option without effect,
// a mode that did not exist, a length that had to be another. The numbers are worked out by hand.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <asg/asg.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

const CompileOptions training{.training = true};

Array ramp(const Shape& shape) {
  Array x(f64, shape);
  for (std::int64_t i = 0; i < x.numel(); ++i) x.set(i, static_cast<double>(i + 1));
  return x;
}

// Attention over E features whose queries and keys are 0, so that a query sees all keys that it may
// alike, and whose values are the operand plus `value_bias`.
State even_attention(const nn::MultiheadAttention& layer, std::int64_t features,
                     double value_bias = 0) {
  layer.to(f64);
  State state = initialize(layer, device(), 1);
  Array weight = Array::zeros(f64, {3 * features, features}), bias(f64, {3 * features});
  for (std::int64_t i = 0; i < features; ++i) {
    weight.set((2 * features + i) * features + i, 1);
    bias.set(2 * features + i, value_bias);
  }
  state.set("in_proj_weight", weight);
  if (state.has("in_proj_bias")) state.set("in_proj_bias", bias);
  state.set("out_proj.weight", nn::init::eye().values({f64, {features, features}}, 0, "w"));
  return state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attention_faults)

// Biases and dropout of the options were not handed on.
BOOST_AUTO_TEST_CASE(attention_keeps_the_bias_and_the_dropout_of_its_options) {
  const Array x({1, 2, 2}, {1.0, 2.0, 3.0, 6.0});
  const nn::MultiheadAttention biased{2, 1, {.dropout = 1}};
  State state = even_attention(biased, 2, 10);
  state.set("out_proj.bias", Array({2}, {100.0, 200.0}));
  check_close(evaluate(biased, state, x), Array({1, 2, 2}, {112.0, 214.0, 112.0, 214.0}));
  auto train = compile(
      device(), [&](Tensor t) -> Tensor { return biased(t); }, training);
  check_close(train(state, x), Array({1, 2, 2}, {100.0, 200.0, 100.0, 200.0}));

  const nn::MultiheadAttention plain{2, 1, {.bias = false}};
  State without = even_attention(plain, 2);
  BOOST_TEST(names_of(plain).size() == 2u);
  check_close(evaluate(plain, without, x), Array({1, 2, 2}, {2.0, 4.0, 2.0, 4.0}));
}

// Masks existed in name only, and one of padding was never spread over heads and queries.
BOOST_AUTO_TEST_CASE(padding_hides_keys_from_all_heads_and_queries_of_its_row) {
  const nn::MultiheadAttention layer{2, 2, {.bias = false}};
  State state = even_attention(layer, 2);
  const Array x({2, 3, 2}, {1.0, 10.0, 2.0, 20.0, 6.0, 60.0, 1.0, 10.0, 2.0, 20.0, 6.0, 60.0});
  const Array padding({2, 3}, std::vector<bool>{false, false, true, true, false, false});
  auto run = compile(
      device(), [&](Tensor t, Tensor hidden) { return layer(t, {.key_padding_mask = hidden}); });
  Array expected(f64, {2, 3, 2});
  for (std::int64_t i = 0; i < 12; ++i)
    expected.set(i, (i < 6 ? 1.5 : 4.0) * (i % 2 == 0 ? 1 : 10));
  check_close(run(state, x, padding), expected);
}

// Turning was not part of any attention.
BOOST_AUTO_TEST_CASE(rotary_positions_reach_attention) {
  const nn::MultiheadAttention layer{
      2, 1, {.bias = false, .positions = {.rotary = nn::RotaryOptions{}}}};
  layer.to(f64);
  State state = initialize(layer, device(), 1);
  Array weight = Array::zeros(f64, {6, 2});
  for (std::int64_t row = 0; row < 6; ++row) weight.set(2 * row + row % 2, 1);
  state.set("in_proj_weight", weight);
  state.set("out_proj.weight", nn::init::eye().values({f64, {2, 2}}, 0, "w"));
  // Both positions hold unit vectors at a right angle; position 1 is turned by 1, so that the two
  // meet at an angle whose cosine is -sin(1).
  const double same = std::exp(1 / std::sqrt(2)), other = std::exp(-std::sin(1.0) / std::sqrt(2));
  const double more = same / (same + other), less = other / (same + other);
  check_close(evaluate(layer, state, Array({1, 2, 2}, {1.0, 0.0, 0.0, 1.0})),
              Array({1, 2, 2}, {more, less, less, more}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(position_faults)

// The offset was ignored, and a sequence had to be as long as the table.
BOOST_AUTO_TEST_CASE(rotary_positions_of_any_length_from_any_offset) {
  for (const bool interleaved : {false, true})
    for (const std::int64_t offset : {0, 1, 700})
      for (const std::int64_t length : {1, 3, 50}) {
        const Array x = spread({length, 4}, -1, 1, 3);
        auto turn = compile(device(), [&](Tensor t) {
          return nn::rotary(t, {.interleaved = interleaved}, offset);
        });
        State state(device());
        const Array y = turn(state, x);
        double worst = 0;
        for (std::int64_t t = 0; t < length; ++t)
          for (std::int64_t pair = 0; pair < 2; ++pair) {
            const std::int64_t a = 4 * t + (interleaved ? 2 * pair : pair);
            const std::int64_t b = a + (interleaved ? 1 : 2);
            const double angle = static_cast<double>(offset + t) / (pair == 0 ? 1 : 100);
            const double c = std::cos(angle), s = std::sin(angle);
            worst = std::max({worst, std::abs(y.get(a) - (x.get(a) * c - x.get(b) * s)),
                              std::abs(y.get(b) - (x.get(a) * s + x.get(b) * c))});
          }
        BOOST_TEST(worst < 1e-12);
      }
}

// The whole table was added: another length than its own failed.
BOOST_AUTO_TEST_CASE(sinusoidal_positions_of_any_length_from_any_offset) {
  const nn::SinusoidalPositions layer{4};
  for (const std::int64_t offset : {0, 2, 1000})
    for (const std::int64_t length : {1, 3, 200}) {
      auto run = compile(device(), [&](Tensor t) { return layer(t, offset); });
      State state(device());
      const Array y = run(state, ramp({2, length, 4}));
      double worst = 0;
      for (std::int64_t i = 0; i < y.numel(); ++i) {
        const double position = static_cast<double>(offset + i / 4 % length);
        const double angle = position / (i % 4 < 2 ? 1 : 100);
        const double wave = i % 2 == 0 ? std::sin(angle) : std::cos(angle);
        worst = std::max(worst, std::abs(y.get(i) - static_cast<double>(i + 1) - wave));
      }
      BOOST_TEST(worst < 1e-12);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(mode_faults)

// It had none, momentum was for information, and eval() changed nothing.
BOOST_AUTO_TEST_CASE(batch_norm_has_running_statistics_and_uses_them) {
  const nn::BatchNorm1d layer(1), quick(1, {.momentum = 0.5});
  for (const nn::BatchNorm1d& each : {layer, quick}) {
    each.to(f64);
    State state = initialize(each, device(), 1);
    auto train = compile(
        device(), [&](Tensor t) -> Tensor { return each(t); }, training);
    const double m = each.parameter("weight").same_as(layer.weight) ? 0.1 : 0.5;
    // Mean 3 and variance 3.5, of which a sample of four lets expect 14/3.
    const double s = 1 / std::sqrt(3.5 + 1e-5);
    check_close(train(state, Array({4, 1}, {1.0, 2.0, 3.0, 6.0})),
                Array({4, 1}, {-2 * s, -s, 0.0, 3 * s}));
    check_close(state.get("running_mean"), Array({1}, {3 * m}));
    check_close(state.get("running_var"), Array({1}, {1 - m + 14.0 / 3 * m}));
    // Mean 2 and variance 16/3.
    (void)train(state, Array({4, 1}, {0.0, 0.0, 4.0, 4.0}));
    const double mean = 3 * m * (1 - m) + 2 * m;
    const double variance = (1 - m + 14.0 / 3 * m) * (1 - m) + 16.0 / 3 * m;
    check_close(state.get("running_mean"), Array({1}, {mean}));
    check_close(state.get("running_var"), Array({1}, {variance}));
    for (int i = 0; i < 2; ++i)
      check_close(evaluate(each, state, Array({1, 1}, {1.0})),
                  Array({1, 1}, {(1 - mean) / std::sqrt(variance + 1e-5)}));
  }
}

// The mode was read when the one graph was built.
BOOST_AUTO_TEST_CASE(one_dropout_trains_and_predicts_by_turns) {
  const nn::Dropout layer{1};
  State state(device());
  const Array x = ramp({3});
  auto train = compile(
      device(), [&](Tensor t) -> Tensor { return layer(t); }, training);
  auto predict = compile(device(), [&](Tensor t) -> Tensor { return layer(t); });
  for (int i = 0; i < 2; ++i) {
    check_close(train(state, x), Array::zeros(f64, {3}));
    check_close(predict(state, x), x);
  }
}

// It was plain dropout.
BOOST_AUTO_TEST_CASE(spatial_dropout_drops_whole_channels) {
  const nn::Dropout2d layer{0.5};
  State state(device());
  auto train = compile(
      device(), [&](Tensor t) -> Tensor { return layer(t); }, training);
  const Array y = train(state, Array::full(f64, {4, 16, 3, 3}, 1));
  int lost = 0;
  for (std::int64_t channel = 0; channel < 64; ++channel) {
    lost += y.get(9 * channel) == 0;
    for (std::int64_t i = 0; i < 9; ++i)
      BOOST_TEST(y.get(9 * channel + i) == (y.get(9 * channel) == 0 ? 0 : 2));
  }
  BOOST_TEST((lost > 12 && lost < 52));
}

// Sizes of the batch stood in the graph: in the reshape, the convolution's shapes and the mean.
BOOST_AUTO_TEST_CASE(a_last_smaller_batch) {
  const nn::Sequential model{nn::Conv2d{1, 2, 2, {.bias = false}}, nn::Flatten{},
                             nn::Linear{4, 1, {.bias = false}}};
  model.to(f64);
  State state = initialize(model, device(), 1);
  state.set("0.weight", Array({2, 1, 2, 2}, {1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0}));
  state.set("2.weight", Array({1, 4}, {1.0, 10.0, 100.0, 1000.0}));
  const optim::SGD sgd;
  auto step = compile(device(), [&](Tensor images) {
    const Tensor loss = mean(model(images));
    sgd.minimize(loss, 0.0);
    return loss;
  });
  // Images of 2 rows and 3 columns: the first filter sees columns 0 and 1 of the first row, the
  // second columns 1 and 2 of the second.
  const auto of_image = [](double first) {
    return first + 10 * (first + 1) + 100 * (first + 4) + 1000 * (first + 5);
  };
  for (const std::int64_t batch : {4, 4, 3, 1}) {
    double expected = 0;
    for (std::int64_t n = 0; n < batch; ++n)
      expected += of_image(static_cast<double>(6 * n + 1)) / static_cast<double>(batch);
    check_close(step(state, ramp({batch, 1, 2, 3})), Array(expected));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(convolution_faults)

// with_groups left the ungrouped weight behind.
BOOST_AUTO_TEST_CASE(groups_of_a_convolution_shape_its_weight) {
  const nn::Conv2d layer{4, 2, 1, {.groups = 2, .bias = false}};
  layer.to(f64);
  BOOST_TEST((layer.weight.shape() == Shape{2, 2, 1, 1}));
  State state = initialize(layer, device(), 1);
  state.set("weight", Array({2, 2, 1, 1}, {1.0, 10.0, 100.0, 1000.0}));
  check_close(evaluate(layer, state, Array({1, 4, 1, 1}, {1.0, 2.0, 3.0, 4.0})),
              Array({1, 2, 1, 1}, {21.0, 4300.0}));
}

BOOST_AUTO_TEST_SUITE_END()
