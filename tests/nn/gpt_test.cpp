#include <boost/test/unit_test.hpp>

#include <cmath>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/error.hpp>
#include <asg/nn/gpt.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/reduction.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;
using Names = std::vector<std::string>;

namespace {

const nn::GPTOptions tiny{.vocab = 5, .block = 4, .layers = 2, .heads = 2, .embd = 4};

Tensor loss_of(const nn::GPT& model, const Tensor& tokens, const Tensor& targets) {
  return cross_entropy(model(tokens), targets, {.axis = -1});
}

Array tokens(const Shape& shape, int seed) {
  Array ids(i64, shape);
  for (std::int64_t i = 0; i < ids.numel(); ++i)
    ids.set(i, static_cast<double>((i * 7 + seed) % 5));
  return ids;
}

void set_element(State& state, const std::string& name, std::int64_t i, double value) {
  Array values = state.get(name).clone();
  values.set(i, value);
  state.set(name, values);
}

// Parameters away from their first values: zero biases and unit norms hide mistakes.
State disturbed(const nn::GPT& model) {
  State state = initialize(model, device(), 5);
  for (const nn::Parameter& p : model.parameters())
    state.set(p.name(), nn::init::normal(0.1, 0.5).values(p.type(), 9, p.name()));
  return state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gpt)

BOOST_AUTO_TEST_CASE(has_the_documented_parameters) {
  const nn::GPT model{tiny};
  Names expected = {"tok.weight", "pos.weight"};
  for (const std::string block : {"blocks.0.", "blocks.1."})
    for (const char* name : {"ln1.weight", "ln1.bias", "attn.qkv.weight", "attn.qkv.bias",
                             "attn.proj.weight", "attn.proj.bias", "ln2.weight", "ln2.bias",
                             "mlp.fc.weight", "mlp.fc.bias", "mlp.proj.weight", "mlp.proj.bias"})
      expected.push_back(block + name);
  for (const char* name : {"ln_f.weight", "ln_f.bias", "head.weight"}) expected.emplace_back(name);
  BOOST_TEST(names_of(model) == expected, boost::test_tools::per_element());
  BOOST_TEST(to_string(model.parameter("blocks.0.attn.qkv.weight").shape()) == "[12, 4]");
  BOOST_TEST(to_string(model.parameter("blocks.1.mlp.proj.weight").shape()) == "[4, 16]");

  nn::GPTOptions plain = tiny;
  plain.bias = false;
  plain.tied = true;
  BOOST_TEST(names_of(nn::GPT{plain}).size() == 2u + 2 * 6 + 1);
  // nanoGPT's count for its CPU example, 65 characters: 0.80M in all.
  const nn::GPT nano{{.vocab = 65,
                      .block = 64,
                      .layers = 4,
                      .heads = 4,
                      .embd = 128,
                      .bias = false,
                      .tied = true}};
  BOOST_TEST(nano.numel() == 65 * 128 + 64 * 128 + 4 * (12 * 128 * 128 + 2 * 128) + 128);
}

BOOST_AUTO_TEST_CASE(begins_as_gpt_2_does) {
  const nn::GPT model{{.vocab = 300, .block = 64, .layers = 3, .heads = 2, .embd = 64}};
  const State state = initialize(model, device(), 3);
  for (const nn::Parameter& p : model.parameters()) {
    double mean = 0, square = 0;
    for (const double v : doubles(state.get(p.name()))) {
      mean += v / static_cast<double>(p.numel());
      square += v * v / static_cast<double>(p.numel());
    }
    const bool norm = p.name().find("ln") != std::string::npos;
    double std = p.name().ends_with(".weight") && !norm ? 0.02 : 0;
    if (p.name().ends_with("proj.weight")) std /= std::sqrt(6.0);
    BOOST_TEST_CONTEXT(p.name()) {
      BOOST_TEST(std::abs(mean - (norm && p.name().ends_with(".weight") ? 1 : 0)) < 0.002);
      BOOST_TEST(std::abs(std::sqrt(std::max(0.0, square - mean * mean)) - std) <
                 0.05 * std + 1e-6);
    }
  }
}

BOOST_AUTO_TEST_CASE(gives_logits_for_every_token_and_sees_the_past_only) {
  const nn::GPT model{tiny};
  model.to(f64);
  State state = disturbed(model);
  const Array a({1, 4}, {1, 2, 3, 4}), b({1, 4}, {1, 2, 0, 0});
  const Array one = evaluate(model, state, a), other = evaluate(model, state, b);
  BOOST_TEST_REQUIRE(to_string(one.type()) == "f64[1, 4, 5]");
  for (std::int64_t i = 0; i < 10; ++i) BOOST_TEST(one.get(i) == other.get(i));
  BOOST_TEST(one.get(10) != other.get(10));
  // A shorter sequence is the beginning of a longer one.
  const Array begin = evaluate(model, state, Array({1, 2}, {1, 2}));
  for (std::int64_t i = 0; i < 10; ++i) BOOST_TEST(std::abs(begin.get(i) - one.get(i)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(refuses_more_tokens_than_its_block) {
  const nn::GPT model{tiny};
  Graph graph;
  const Tensor ids = graph.input("ids", i64, {2, 5});
  const std::string text = message_of<ShapeError>([&] { (void)model(ids); });
  BOOST_TEST(contains(text, "5 tokens is longer than the block of 4"));
  BOOST_TEST(contains(text, "gpt_test.cpp"));
  BOOST_TEST(
      contains(message_of<ShapeError>([] { nn::GPT{{.vocab = 3, .heads = 0}}; }), "heads is 0"));
}

// Every element of every parameter, by central differences of the compiled loss.
BOOST_AUTO_TEST_CASE(gradients_match_central_differences) {
  for (const bool tied : {false, true}) {
    nn::GPTOptions options = tiny;
    options.tied = tied;
    const nn::GPT model{options};
    model.to(f64);
    State state = disturbed(model);
    const std::vector<nn::Parameter> parameters = model.parameters();
    auto differentiate = compile(device(), [&](Tensor x, Tensor y) {
      Tensors wrt;
      const Tensor loss = loss_of(model, x, y);
      for (const nn::Parameter& p : parameters) wrt.push_back(p.in(x.graph()));
      return gradients(loss, wrt);
    });
    auto loss = compile(device(), [&](Tensor x, Tensor y) { return loss_of(model, x, y); });
    const Array x = tokens({2, 3}, 1), y = tokens({2, 3}, 2);
    const std::vector<Array> found = differentiate(state, x, y);
    const double h = 1e-5;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const std::string name = parameters[p].name();
      const Array start = state.get(name).clone();
      double worst = 0, largest = 0;
      for (std::int64_t i = 0; i < start.numel(); ++i) {
        set_element(state, name, i, start.get(i) + h);
        const double up = loss(state, x, y).item<double>();
        set_element(state, name, i, start.get(i) - h);
        const double down = loss(state, x, y).item<double>();
        state.set(name, start);
        worst = std::max(worst, std::abs((up - down) / (2 * h) - found[p].get(i)));
        largest = std::max(largest, std::abs(found[p].get(i)));
      }
      BOOST_TEST_CONTEXT(name) {
        BOOST_TEST(worst < 1e-6 * std::max(largest, 1e-2));
        BOOST_TEST(largest > 1e-6);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
