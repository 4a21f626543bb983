// Whole training steps as users write them.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <asg/asg.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

// Points of three spirals; what a linear model cannot tell apart.
struct Spirals {
  Array points{f32, {60, 2}};
  Array labels{i64, {60}};
  Spirals() {
    for (std::int64_t i = 0; i < 60; ++i) {
      const auto arm = static_cast<double>(i % 3);
      const double radius = 0.2 + 0.8 * static_cast<double>(i / 3) / 19;
      const double angle = 2.1 * arm + 3 * radius;
      points.set(2 * i, radius * std::cos(angle));
      points.set(2 * i + 1, radius * std::sin(angle));
      labels.set(i, arm);
    }
  }
};

std::vector<float> train_mlp(std::uint64_t seed, int steps, double dropout,
                             State* trained = nullptr) {
  const Spirals data;
  nn::Sequential model{nn::Linear{2, 32}, nn::Tanh{}, nn::Dropout{dropout}, nn::Linear{32, 3}};
  optim::AdamW optimizer{{.weight_decay = 0.01}};
  auto step = compile(device(), [&](Tensor points, Tensor labels, Tensor lr) {
    Tensor loss = cross_entropy(model(points), labels);
    optimizer.minimize(loss, lr);
    return loss;
  });
  State state = initialize(model, device(), seed);
  std::vector<float> losses;
  for (int i = 0; i < steps; ++i)
    losses.push_back(step(state, data.points, data.labels, 2e-2f).item<float>());
  if (trained != nullptr) *trained = std::move(state);
  return losses;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(training)

BOOST_AUTO_TEST_CASE(an_mlp_learns_what_is_not_linear) {
  const Spirals data;
  State state(device());
  const std::vector<float> losses = train_mlp(1, 150, 0, &state);
  BOOST_TEST(std::abs(losses.front() - std::log(3.0f)) < 0.5);
  BOOST_TEST(losses.back() < 0.1);
  const nn::Sequential model{nn::Linear{2, 32}, nn::Tanh{}, nn::Dropout{0}, nn::Linear{32, 3}};
  auto score = compile(device(), [&](Tensor points, Tensor labels) {
    return metrics::accuracy(model(points), labels);
  });
  BOOST_TEST(score(state, data.points, data.labels).item<float>() > 0.95f);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_curve_to_the_bit) {
  const std::vector<float> one = train_mlp(4, 20, 0.2), again = train_mlp(4, 20, 0.2);
  BOOST_TEST(one == again, boost::test_tools::per_element());
  BOOST_TEST(one != train_mlp(5, 20, 0.2));
}

BOOST_AUTO_TEST_CASE(a_transformer_block_learns_for_any_batch_and_length) {
  const nn::TransformerBlock block{4, 2, {.hidden = 16, .causal = true}};
  const optim::SGD optimizer{{.momentum = 0.9}};
  auto step = compile(device(), [&](Tensor x, Tensor y) {
    const Tensor loss = mse_loss(block(x), y);
    optimizer.minimize(loss, 0.02);
    return loss;
  });
  State state = initialize(block, device(), 2);
  for (const Shape& shape : {Shape{1, 1, 4}, Shape{3, 5, 4}, Shape{1, 4}}) {
    const Array x = spread(shape, -1, 1).to(f32), y = spread(shape, -1, 1, 3).to(f32);
    const float first = step(state, x, y).item<float>();
    float last = first;
    for (int i = 0; i < 40; ++i) last = step(state, x, y).item<float>();
    BOOST_TEST(last < 0.5f * first);
  }
  BOOST_TEST(step.function().programs() == 3u);
}

BOOST_AUTO_TEST_CASE(a_gpt_learns_a_sequence_with_everything_on) {
  const nn::GPT model{
      {.vocab = 6, .block = 8, .layers = 2, .heads = 2, .embd = 16, .dropout = 0.1, .tied = true}};
  const optim::AdamW optimizer{
      {.beta2 = 0.99, .weight_decay = 0.1, .decays = optim::matrices_only, .clip_norm = 1.0}};
  auto step = compile(device(), [&](Tensor tokens, Tensor next, Tensor lr) {
    const Tensor loss = cross_entropy(model(tokens), next, {.axis = -1});
    const auto info = optimizer.minimize(loss, lr);
    return std::tuple{loss, info.grad_norm};
  });
  auto evaluate = compile(device(), [&](Tensor tokens, Tensor next) {
    return cross_entropy(model(tokens), next, {.axis = -1});
  });
  State state = initialize(model, device(), 1);
  Array tokens(i64, {2, 8}), next(i64, {2, 8});
  for (std::int64_t i = 0; i < 16; ++i) {
    tokens.set(i, static_cast<double>(i * i % 6));
    next.set(i, static_cast<double>((i + 1) * (i + 1) % 6));
  }
  const float before = evaluate(state, tokens, next).item<float>();
  BOOST_TEST(std::abs(before - std::log(6.0f)) < 0.1);
  const optim::WarmupCosine rate{.lr = 1e-2, .min_lr = 1e-3, .warmup = 5, .steps = 60};
  for (int i = 0; i < 60; ++i) {
    const auto [loss, norm] = step(state, tokens, next, static_cast<float>(rate(i)));
    BOOST_TEST_REQUIRE(std::isfinite(loss.item<float>()));
    BOOST_TEST(norm.item<float>() > 0);
  }
  BOOST_TEST(evaluate(state, tokens, next).item<float>() < 0.3f * before);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(dropout_in_programs)

BOOST_AUTO_TEST_CASE(is_active_where_an_optimizer_is_and_nowhere_else) {
  const nn::Sequential model{nn::Linear{4, 4}, nn::Dropout{0.5}};
  const optim::SGD optimizer;
  State state = initialize(model, device(), 3);
  const Array x = spread({8, 4}).to(f32);
  auto train = compile(device(), [&](Tensor t) {
    const Tensor y = model(t);
    optimizer.minimize(mean(y), 0.0);  // comes behind the dropout: the function is traced again
    return y;
  });
  const auto zeros_of = [](const Array& values) {
    int zeros = 0;
    for (const double v : doubles(values)) zeros += v == 0;
    return zeros;
  };
  const Array clean = evaluate(model, state, x);
  BOOST_TEST(zeros_of(clean) == 0);
  const Array first = train(state, x), second = train(state, x);
  for (const Array& y : {first, second}) {
    BOOST_TEST(zeros_of(y) > 4);
    BOOST_TEST(zeros_of(y) < 28);
    for (std::int64_t i = 0; i < y.numel(); ++i)
      if (y.get(i) != 0) BOOST_TEST(std::abs(y.get(i) - 2 * clean.get(i)) < 1e-6);
  }
  BOOST_TEST(!identical(first, second));  // another step, another mask
  BOOST_TEST(state.get("random.step").item<std::int64_t>() == 2);
  BOOST_TEST(identical(evaluate(model, state, x), clean));
}

BOOST_AUTO_TEST_CASE(of_a_layer_does_not_depend_on_the_layers_around_it) {
  struct Two : nn::Module {
    nn::Dropout first = add("first", nn::Dropout{0.5});
    nn::Dropout second = add("second", nn::Dropout{0.5});
  };
  const Two two;
  const Array x = spread({64}, 1, 2).to(f32);
  State state(device()), same_step(device());
  auto both = compile(device(),
                      [&](Tensor t) {
                        return Tensors{two.first(t), two.second(t)};
                      },
                      {.training = true});
  auto one = compile(device(), [&](Tensor t) { return two.second(t); }, {.training = true});
  const std::vector<Array> masks = both(state, x);
  BOOST_TEST(!identical(masks[0], masks[1]));
  BOOST_TEST(identical(masks[1], one(same_step, x)));
}

BOOST_AUTO_TEST_SUITE_END()
