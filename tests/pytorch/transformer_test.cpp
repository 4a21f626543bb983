// Encoders, decoders and Llama against PyTorch: layers, and training runs of 40 steps.
#include <asg/nn/embedding.hpp>
#include <asg/nn/encoder_decoder.hpp>
#include <asg/nn/llama.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/optim/adamw.hpp>

#include "pytorch/layers.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

nn::TransformerLayerOptions layer_options(bool pre) {
  nn::TransformerLayerOptions options{.dim_feedforward = 6, .dropout = 0, .norm_first = pre};
  if (pre) options.activation = nn::exact_gelu;
  return options;
}

BOOST_AUTO_TEST_CASE(layers_with_norms_on_either_side) {
  for (const bool pre : {false, true}) {
    const std::string kind = pre ? "pre_gelu" : "post_relu";
    const nn::TransformerEncoderLayer encoder{4, 2, layer_options(pre)};
    layer_agrees("encoder_layer_" + kind, encoder, [&](const Inputs& in) -> Tensors {
      return {encoder(in("src"), {.attn_mask = in("src_mask"),
                                  .key_padding_mask = in("src_key_padding_mask")})};
    });
    const nn::TransformerDecoderLayer decoder{4, 2, layer_options(pre)};
    layer_agrees("decoder_layer_" + kind, decoder, [&](const Inputs& in) -> Tensors {
      return {decoder(in("tgt"), in("memory"),
                      {.tgt = {.attn_mask = in("tgt_mask")},
                       .memory = {.key_padding_mask = in("memory_key_padding_mask")}})};
    });
  }
}

BOOST_AUTO_TEST_CASE(stacks_of_layers) {
  const nn::TransformerLayerOptions small{.dim_feedforward = 3, .dropout = 0};
  const nn::TransformerEncoder encoder{2, 2, 1, {.layer = small, .norm = true}};
  layer_agrees("encoder", encoder,
               [&](const Inputs& in) -> Tensors { return {encoder(in("src"))}; });
  const nn::TransformerDecoder decoder{2, 2, 1, {.layer = small, .norm = true}};
  layer_agrees("decoder", decoder,
               [&](const Inputs& in) -> Tensors { return {decoder(in("tgt"), in("memory"))}; });
  const nn::Transformer both{
      {.d_model = 2, .nhead = 1, .num_encoder_layers = 1, .num_decoder_layers = 1, .layer = small}};
  layer_agrees("transformer", both,
               [&](const Inputs& in) -> Tensors { return {both(in("src"), in("tgt"))}; });
}

BOOST_AUTO_TEST_CASE(llama) {
  for (const bool tied : {false, true}) {
    const nn::Llama model{
        {.vocab = 5, .layers = 1, .heads = 2, .kv_heads = 1, .embd = 8, .hidden = 3, .tied = tied}};
    layer_agrees(tied ? "llama_tied" : "llama_untied", model,
                 [&](const Inputs& in) -> Tensors { return {model(in("tokens"))}; });
  }
}

Array tokens(const std::string& name, std::int64_t vocab, const Shape& shape) {
  const Array values = noise(name, shape);
  Array array(i64, shape);
  for (std::int64_t i = 0; i < shape.numel(); ++i)
    array.set(i, std::floor((values.get(i) + 0.5) * static_cast<double>(vocab)));
  return array;
}

State noisy_state(const Device& device, const nn::Module& model) {
  State state(device);
  for (const nn::Parameter& p : model.parameters()) {
    const bool norm = p.name().find("norm") != std::string::npos && p.shape().rank() == 1;
    Array values = noise(p.name(), p.shape());
    for (std::int64_t i = 0; i < values.numel(); ++i)
      values.set(i, norm ? 1 + 0.2 * values.get(i) : 0.6 * values.get(i));
    state.set(p.name(), values.to(p.dtype()));
  }
  return state;
}

// All but the last token of each row, or all but the first.
Tensor without_last(const Tensor& t) { return slice(t, -1, 0, -1); }
Tensor without_first(const Tensor& t) { return slice(t, -1, 1, t.size(-1)); }

Tensor loss_of(const Tensor& logits, const Tensor& targets) {
  return cross_entropy(logits, targets, {.axis = -1});
}

// 40 steps of AdamW follow PyTorch's losses: 1e-9 each in f64, 5e-6 in f32.
template <class Loss, class Batch>
void follows(const std::string& name, const nn::Module& model, Loss loss, Batch batch) {
  for (const DType dtype : {f64, f32}) {
    const std::string full = name + (dtype == f64 ? "_f64" : "_f32");
    BOOST_TEST_REQUIRE(recorded().contains(full), "no recorded case " << full);
    compared().insert(full);
    const Array& expected = recorded().at(full).outputs[0];
    BOOST_TEST_REQUIRE(expected.numel() == 40);
    model.to(dtype);
    for (const Device& device : devices()) {
      const optim::AdamW optimizer{{.weight_decay = 0.1}};
      auto step = compile(device, [&](Tensor a, Tensor b, Tensor lr) {
        const Tensor value = loss(a, b);
        optimizer.minimize(value, lr);
        return value;
      });
      State state = noisy_state(device, model);
      double worst = 0;
      for (int i = 0; i < 40; ++i) {
        const auto [a, b] = batch(i);
        worst = std::max(worst, std::abs(step(state, a, b, 3e-3).get(0) - expected.get(i)));
      }
      BOOST_TEST_MESSAGE(full << " on " << device.backend_name() << ": off by " << worst);
      BOOST_TEST(worst < (dtype == f64 ? 1e-9 : 5e-6), full << " on " << device.backend_name());
    }
  }
}

// nn::Transformer with embeddings, which the output layer shares, and learned positions.
struct Translator : nn::Module {
  explicit Translator(const nn::TransformerOptions& options)
      : transformer(add("transformer", nn::Transformer{options})) {}
  nn::Embedding embed = add("embed", nn::Embedding{11, 16});
  nn::LearnedPositions positions = add("positions", nn::LearnedPositions{8, 16});
  nn::Transformer transformer;

  Tensor operator()(const Operand& source, const Operand& target, const Tensor& padding) const {
    const Scope scope = enter(source);
    const Tensor y = transformer(positions(embed(source)), positions(embed(target)),
                                 {.src = {.key_padding_mask = padding},
                                  .tgt = {.is_causal = true},
                                  .memory = {.key_padding_mask = padding}});
    return linear(y, embed.weight.in(y.graph()));
  }
};

BOOST_AUTO_TEST_CASE(an_encoder_decoder_follows_pytorch) {
  for (const bool pre : {false, true}) {
    nn::TransformerLayerOptions layer{.dim_feedforward = 24, .dropout = 0, .norm_first = pre};
    if (pre) layer.activation = nn::exact_gelu;
    const Translator model{{.d_model = 16,
                            .nhead = 4,
                            .num_encoder_layers = 2,
                            .num_decoder_layers = 2,
                            .layer = layer}};
    Array padding(boolean, {3, 7});
    for (std::int64_t i = 0; i < 21; ++i)
      padding.set(i, i % 7 >= std::vector<int>{7, 4, 5}[static_cast<std::size_t>(i / 7)]);
    follows(
        pre ? "encoder_decoder_pre" : "encoder_decoder_post", model,
        [&](const Tensor& source, const Tensor& target) {
          const Tensor hidden = source.graph().constant(padding);
          return loss_of(model(source, without_last(target), hidden), without_first(target));
        },
        [](int i) {
          return std::pair{tokens("source" + std::to_string(i), 11, {3, 7}),
                           tokens("target" + std::to_string(i), 11, {3, 6})};
        });
  }
}

BOOST_AUTO_TEST_CASE(a_llama_follows_pytorch) {
  for (const bool tied : {false, true}) {
    const nn::Llama model{{.vocab = 13,
                           .layers = 2,
                           .heads = 6,
                           .kv_heads = 2,
                           .embd = 24,
                           .hidden = 20,
                           .tied = tied}};
    follows(
        tied ? "llama_tied" : "llama_untied", model,
        [&](const Tensor& a, const Tensor&) {
          return loss_of(model(without_last(a)), without_first(a));
        },
        [](int i) {
          const Array text = tokens("text" + std::to_string(i), 13, {4, 9});
          return std::pair{text, text};
        });
  }
}

}  // namespace
