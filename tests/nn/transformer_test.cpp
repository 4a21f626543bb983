// Encoders, decoders and Llama: names, first values, lengths, refusals and training.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/nn/encoder_decoder.hpp>
#include <asg/nn/llama.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>
#include <asg/optim/adamw.hpp>
#include <asg/optim/sgd.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;
using Names = std::vector<std::string>;

namespace {

const nn::LlamaOptions tiny{
    .vocab = 7, .block = 6, .layers = 1, .heads = 2, .kv_heads = 1, .embd = 8, .hidden = 12};
const nn::TransformerOptions small{.d_model = 8,
                                   .nhead = 2,
                                   .num_encoder_layers = 1,
                                   .num_decoder_layers = 1,
                                   .layer = {.dim_feedforward = 12, .dropout = 0}};

Array ids(const Shape& shape, int seed) {
  Array values(i64, shape);
  for (std::int64_t i = 0; i < values.numel(); ++i)
    values.set(i, static_cast<double>((i * i + 3 * i + seed) % 7));
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transformers)

BOOST_AUTO_TEST_CASE(have_pytorchs_parameters) {
  const Names attention = {"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"};
  Names expected;
  const auto expect = [&](const std::string& layer, const Names& attentions, int norms) {
    for (const std::string& which : attentions)
      for (const std::string& name : attention) expected.push_back(layer + which + name);
    for (const char* linear : {"linear1.", "linear2."})
      for (const char* part : {"weight", "bias"}) expected.push_back(layer + linear + part);
    for (int i = 1; i <= norms; ++i)
      for (const char* part : {".weight", ".bias"})
        expected.push_back(layer + "norm" + std::to_string(i) + part);
  };
  expect("encoder.layers.0.", {"self_attn."}, 2);
  for (const char* part : {"encoder.norm.weight", "encoder.norm.bias"}) expected.emplace_back(part);
  expect("decoder.layers.0.", {"self_attn.", "multihead_attn."}, 3);
  for (const char* part : {"decoder.norm.weight", "decoder.norm.bias"}) expected.emplace_back(part);
  const nn::Transformer model{small};
  Names found = names_of(model);
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  BOOST_TEST(found == expected, boost::test_tools::per_element());
  // PyTorch's count for nn.Transformer().
  BOOST_TEST(nn::Transformer{}.numel() == 44140544);
}

BOOST_AUTO_TEST_CASE(begin_as_pytorchs_do) {
  const nn::Transformer model{{.d_model = 32,
                               .nhead = 2,
                               .num_encoder_layers = 1,
                               .num_decoder_layers = 1,
                               .layer = {.dim_feedforward = 64}}};
  const State state = initialize(model, device(), 3);
  const auto largest = [&](const std::string& name) {
    double most = 0;
    for (const double v : doubles(state.get(name))) most = std::max(most, std::abs(v));
    return most;
  };
  const auto near = [](double got, double bound) { return got <= bound && got > 0.9 * bound; };
  const std::string layer = "decoder.layers.0.";
  BOOST_TEST(near(largest(layer + "self_attn.in_proj_weight"), std::sqrt(6.0 / (32 + 96))));
  BOOST_TEST(near(largest(layer + "multihead_attn.out_proj.weight"), std::sqrt(6.0 / 64)));
  BOOST_TEST(near(largest(layer + "linear1.weight"), std::sqrt(6.0 / 96)));
  BOOST_TEST(near(largest(layer + "linear1.bias"), 1 / std::sqrt(32.0)));
  for (const char* name : {"self_attn.in_proj_bias", "self_attn.out_proj.bias", "norm3.bias"})
    BOOST_TEST(largest(layer + name) == 0);
  BOOST_TEST(largest(layer + "norm3.weight") == 1);
}

BOOST_AUTO_TEST_CASE(take_any_batch_and_lengths) {
  const nn::Transformer model{small};
  State state = initialize(model, device(), 1);
  auto run = compile(device(), [&](Tensor src, Tensor tgt) { return model(src, tgt); });
  for (const auto& [src, tgt] : {std::pair{Shape{2, 5, 8}, Shape{2, 3, 8}},
                                 {Shape{1, 8}, Shape{4, 8}},
                                 {Shape{2, 2, 3, 8}, Shape{2, 2, 1, 8}}})
    BOOST_TEST(to_string(run(state, spread(src).to(f32), spread(tgt).to(f32)).shape()) ==
               to_string(tgt));
}

BOOST_AUTO_TEST_CASE(drop_in_training_only_and_by_the_seed) {
  nn::TransformerOptions options = small;
  options.layer.dropout = 0.5;
  const nn::Transformer dropping{options}, plain{small};
  State state = initialize(plain, device(), 1);
  const Array src = spread({2, 5, 8}).to(f32), tgt = spread({2, 3, 8}, -1, 1, 2).to(f32);
  const auto result = [&](const nn::Transformer& model, bool training, std::int64_t seed) {
    state.set("random.seed", Array(seed));
    state.set("random.step", Array(std::int64_t{0}));
    auto run =
        compile(device(), [&](Tensor a, Tensor b) { return model(a, b); }, {.training = training});
    return run(state, src, tgt);
  };
  BOOST_TEST(identical(result(dropping, false, 1), result(plain, false, 1)));
  BOOST_TEST(identical(result(dropping, true, 1), result(dropping, true, 1)));
  BOOST_TEST(!identical(result(dropping, true, 1), result(dropping, true, 2)));
  BOOST_TEST(!identical(result(dropping, true, 1), result(plain, true, 1)));
}

BOOST_AUTO_TEST_CASE(learn_with_momentum_and_dropout) {
  nn::TransformerOptions options = small;
  options.layer.dropout = 0.05;
  const nn::Transformer model{options};
  const optim::SGD optimizer{{.momentum = 0.9}};
  auto step = compile(device(), [&](Tensor src, Tensor tgt, Tensor wanted) {
    const Tensor loss = mse_loss(model(src, tgt, {.tgt = {.is_causal = true}}), wanted);
    optimizer.minimize(loss, 0.02);
    return loss;
  });
  State state = initialize(model, device(), 2);
  const Array src = spread({2, 4, 8}).to(f32), tgt = spread({2, 3, 8}, -1, 1, 2).to(f32);
  const Array wanted = spread({2, 3, 8}, -1, 1, 3).to(f32);
  const double first = step(state, src, tgt, wanted).get(0);
  double last = first;
  for (int i = 0; i < 60; ++i) last = step(state, src, tgt, wanted).get(0);
  BOOST_TEST(last < 0.5 * first);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(llama)

BOOST_AUTO_TEST_CASE(has_hugging_faces_parameters) {
  Names expected = {"model.embed_tokens.weight"};
  for (const char* name : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                           "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
                           "input_layernorm", "post_attention_layernorm"})
    expected.push_back(std::string("model.layers.0.") + name + ".weight");
  for (const char* name : {"model.norm.weight", "lm_head.weight"}) expected.emplace_back(name);
  const nn::Llama model{tiny};
  BOOST_TEST(names_of(model) == expected, boost::test_tools::per_element());
  const auto shape = [&](const char* name) {
    return to_string(model.parameter(std::string("model.layers.0.") + name + ".weight").shape());
  };
  BOOST_TEST(shape("self_attn.k_proj") == "[4, 8]");
  BOOST_TEST(shape("mlp.down_proj") == "[8, 12]");
  nn::LlamaOptions tied = tiny;
  tied.tied = true;
  BOOST_TEST(names_of(nn::Llama{tied}).size() == expected.size() - 1);
  // 8/3 of 64 are 170 2/3.
  BOOST_TEST(nn::LlamaDecoderLayer(nn::LlamaOptions{.vocab = 1, .heads = 4, .embd = 64})
                 .mlp.up_proj.weight.shape()[0] == 192);
}

BOOST_AUTO_TEST_CASE(sees_the_past_only_and_positions_by_their_distance) {
  const nn::Llama model{tiny};
  model.to(f64);
  State state = initialize(model, device(), 5);
  for (const nn::Parameter& p : model.parameters())
    state.set(p.name(), nn::init::normal(0.1, 0.5).values(p.type(), 9, p.name()));
  const Array a({1, 4}, {1, 2, 3, 4}), b({1, 4}, {1, 2, 0, 0});
  const Array one = evaluate(model, state, a), other = evaluate(model, state, b);
  BOOST_TEST_REQUIRE(to_string(one.type()) == "f64[1, 4, 7]");
  for (std::int64_t i = 0; i < 14; ++i) BOOST_TEST(one.get(i) == other.get(i));
  BOOST_TEST(one.get(14) != other.get(14));
  const Array begin = evaluate(model, state, Array({2}, {1, 2}));
  for (std::int64_t i = 0; i < 14; ++i) BOOST_TEST(std::abs(begin.get(i) - one.get(i)) < 1e-12);
  // Moved along, everything stays.
  auto moved = compile(
      device(), [&](Tensor t) { return model(t, {.query_offset = 100, .key_offset = 100}); });
  const Array far = moved(state, a);
  // What precedes is padding: as if it were not there.
  auto padded = compile(
      device(), [&](Tensor t, Tensor padding) { return model(t, {.key_padding_mask = padding}); });
  const Array behind = padded(state, Array({1, 5}, {0, 1, 2, 3, 4}),
                              Array({1, 5}, std::vector<bool>{true, false, false, false, false}));
  for (std::int64_t i = 0; i < 28; ++i) {
    BOOST_TEST(std::abs(far.get(i) - one.get(i)) < 1e-10);
    BOOST_TEST(std::abs(behind.get(7 + i) - one.get(i)) < 1e-10);
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_does_not_fit) {
  const auto refused = [](nn::LlamaOptions options) {
    return message_of<ShapeError>([&] { nn::Llama{options}; });
  };
  nn::LlamaOptions options = tiny;
  options.kv_heads = 3;
  BOOST_TEST(contains(refused(options), "2 heads cannot share 3"));
  options = tiny;
  options.embd = 6;
  BOOST_TEST(contains(refused(options), "a head of 3 features"));
  options = tiny;
  options.heads = 0;
  BOOST_TEST(contains(refused(options), "heads is 0"));
  options = tiny;
  options.kv_heads = -1;
  BOOST_TEST(contains(refused(options), "kv_heads is -1"));
  options = tiny;
  options.embd = std::int64_t{1} << 61;
  options.hidden = 0;
  BOOST_TEST(contains(refused(options), "8 times embd"));
  const nn::Llama model{tiny};
  Graph graph;
  const Tensor tokens = graph.input("ids", i64, {2, 7});
  const std::string text = message_of<ShapeError>([&] { (void)model(tokens); });
  BOOST_TEST(contains(text, "7 tokens is longer than the block of 6"));
  BOOST_TEST(contains(text, "transformer_test.cpp"));
  BOOST_TEST(contains(message_of<ShapeError>([] { nn::TransformerEncoder(-1, 4, 2); }),
                      "num_layers is -1"));
  BOOST_TEST(contains(message_of<ShapeError>([] { nn::TransformerDecoderLayer(4, 3); }),
                      "shared equally"));
}

BOOST_AUTO_TEST_CASE(learns_a_sequence_with_everything_on) {
  nn::LlamaOptions options = tiny;
  options.dropout = 0.1;
  options.tied = true;
  const nn::Llama model{options};
  const optim::AdamW optimizer{
      {.weight_decay = 0.1, .decays = optim::matrices_only, .clip_norm = 1.0}};
  const auto train = [&](std::uint64_t seed) {
    auto step = compile(device(), [&](Tensor tokens, Tensor next) {
      const Tensor loss = cross_entropy(model(tokens), next, {.axis = -1});
      optimizer.minimize(loss, 2e-2);
      return loss;
    });
    State state = initialize(model, device(), seed);
    std::vector<double> losses;
    for (int i = 0; i < 60; ++i)
      losses.push_back(step(state, ids({2, 6}, 0), ids({2, 6}, 3)).get(0));
    return losses;
  };
  const std::vector<double> losses = train(1);
  BOOST_TEST(std::abs(losses.front() - std::log(7.0)) < 0.2);
  BOOST_TEST(losses.back() < 0.5 * losses.front());
  BOOST_TEST(losses == train(1), boost::test_tools::per_element());
  BOOST_TEST(losses != train(2));
}

BOOST_AUTO_TEST_SUITE_END()
