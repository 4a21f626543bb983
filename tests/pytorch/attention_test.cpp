// Attention against PyTorch: the layer with its masks, grouped queries and positions.
#include <asg/nn/attention.hpp>
#include <asg/nn/embedding.hpp>
#include <asg/ops/attention.hpp>

#include "pytorch/layers.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

constexpr std::int64_t features = 4, heads = 2;

// Self-attention of "x" under the masks that the case has.
void self_attention(const std::string& name, const nn::MultiheadAttentionOptions& options = {}) {
  const nn::MultiheadAttention layer{features, heads, options};
  layer_agrees("mha_" + name, layer, [&](const Inputs& in) -> Tensors {
    nn::AttentionMasks masks;
    if (in.has("attn_mask")) masks.attn_mask = in("attn_mask");
    if (in.has("key_padding_mask")) masks.key_padding_mask = in("key_padding_mask");
    return {layer(in("x"), masks)};
  });
}

BOOST_AUTO_TEST_CASE(self_attention_of_batches_and_of_one_sequence) {
  self_attention("self");
  self_attention("no_bias", {.bias = false});
  self_attention("unbatched");
}

BOOST_AUTO_TEST_CASE(masks_of_flags_and_of_scores) {
  for (const char* name :
       {"flags", "scores", "scores_of_heads", "padding", "flags_and_padding", "scores_and_padding"})
    self_attention(name);
}

BOOST_AUTO_TEST_CASE(cross_attention) {
  const nn::MultiheadAttention layer{features, heads};
  layer_agrees("mha_cross", layer, [&](const Inputs& in) -> Tensors {
    return {layer(in("query"), in("key"), in("value"))};
  });
  layer_agrees("mha_memory", layer, [&](const Inputs& in) -> Tensors {
    return {layer(in("query"), in("memory"), in("memory"))};
  });
  const nn::MultiheadAttention sizes{features, heads, {.kdim = 3, .vdim = 5}};
  layer_agrees("mha_sizes", sizes, [&](const Inputs& in) -> Tensors {
    return {sizes(in("query"), in("key"), in("value"))};
  });
}

BOOST_AUTO_TEST_CASE(weights_that_are_asked_for) {
  const nn::MultiheadAttention layer{features, heads};
  for (const bool average : {true, false})
    layer_agrees(
        average ? "mha_weights" : "mha_weights_of_heads", layer, [&](const Inputs& in) -> Tensors {
          const auto [y, weights] = layer.with_weights(
              in("x"), in("x"), in("x"), {.key_padding_mask = in("key_padding_mask")}, average);
          return {y, weights};
        });
}

// Where PyTorch gives NaN, because all keys are padding, the heads give zeros, and the layer its
// bias.
BOOST_AUTO_TEST_CASE(a_row_that_sees_nothing) {
  const nn::MultiheadAttention layer{features, heads};
  compared().insert("mha_hidden");
  const Recorded& expected = recorded().at("mha_hidden");
  const auto bias = std::find(expected.names.begin(), expected.names.end(), "out_proj.bias");
  const Array& added = expected.inputs[static_cast<std::size_t>(bias - expected.names.begin())];
  for (const Device& device : devices())
    for (const bool weights : {false, true}) {
      const Array y = computed_layer(device, expected, layer, [&](const Inputs& in) -> Tensors {
                        const nn::AttentionMasks masks{.key_padding_mask = in("key_padding_mask")};
                        if (weights)
                          return {layer.with_weights(in("x"), in("x"), in("x"), masks).first};
                        return {layer(in("x"), masks)};
                      }).outputs[0];
      int hidden = 0;
      for (std::int64_t i = 0; i < y.numel(); ++i) {
        const double torch = expected.outputs[0].get(i);
        hidden += std::isnan(torch) ? 1 : 0;
        const double wanted = std::isnan(torch) ? added.get(i % features) : torch;
        BOOST_TEST(std::abs(y.get(i) - wanted) < 1e-12);
      }
      BOOST_TEST(hidden == 12);
    }
}

BOOST_AUTO_TEST_CASE(grouped_queries) {
  for (const std::string name : {"gqa", "gqa_scores"})
    agrees(name, [](const Inputs& in) -> Tensors {
      return {scaled_dot_product_attention(
          in("query"), in("key"), in("value"),
          {.mask = in.has("bias") ? in("bias") : Tensor{}, .enable_gqa = true})};
    });
}

BOOST_AUTO_TEST_CASE(rotary_positions) {
  const auto turns = [](const std::string& name, const nn::RotaryOptions& options,
                        std::int64_t offset = 0) {
    agrees("rotary_" + name,
           [&](const Inputs& in) -> Tensors { return {nn::rotary(in("x"), options, offset)}; });
  };
  turns("half", {});
  turns("interleaved", {.interleaved = true});
  turns("offset", {.base = 100}, 7);
  turns("partial", {.dim = 2});
  turns("partial_interleaved", {.interleaved = true, .dim = 2});
}

BOOST_AUTO_TEST_CASE(alibi) {
  for (const std::int64_t count : {1, 2, 6, 8}) {
    const std::string name = "alibi_" + std::to_string(count);
    compared().insert(name);
    for (const Device& device : devices()) {
      Graph graph;
      const Tensor bias = nn::alibi_bias(graph, count, 2, 3, f64, 1, 0);
      const Array got = compile(device, graph, {bias}).run({})[0];
      BOOST_TEST(ops_test::difference(got, recorded().at(name).outputs[0], 1e-14) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(sinusoidal_positions) {
  const nn::SinusoidalPositions positions{6};
  agrees("sinusoidal", [&](const Inputs& in) -> Tensors { return {positions(in("x"), 5)}; });
}

BOOST_AUTO_TEST_CASE(positions_inside_of_a_layer) {
  const nn::MultiheadAttention layer{
      features, heads, {.positions = {.rotary = nn::RotaryOptions{}, .alibi = true}}};
  layer_agrees("mha_positions", layer, [&](const Inputs& in) -> Tensors {
    return {layer(in("x"), {.query_offset = 2, .key_offset = 2})};
  });
}

BOOST_AUTO_TEST_CASE(embedding_with_a_padding_row) {
  for (const std::int64_t index : {1, -2}) {
    const nn::Embedding table{4, 2, {.padding_idx = index}};
    layer_agrees(index < 0 ? "embedding_padding_minus_2" : "embedding_padding_1", table,
                 [&](const Inputs& in) -> Tensors { return {table(in("indices"))}; });
  }
}

}  // namespace
