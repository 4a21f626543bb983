#include <asg/nn/llama.hpp>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>

#include "nn/heads.hpp"
#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

constexpr double llama_initial_std = 0.02;

// The options with their defaults filled in.
LlamaOptions checked_llama(LlamaOptions options, Where where) {
  check_sizes("Llama", {{"kv_heads", options.kv_heads}, {"hidden", options.hidden}}, 0, where);
  check_sizes("Llama",
              {{"vocab", options.vocab},
               {"block", options.block},
               {"layers", options.layers},
               {"heads", options.heads},
               {"embd", options.embd}},
              1, where);
  if (options.kv_heads == 0) options.kv_heads = options.heads;
  if (options.hidden == 0)
    options.hidden = (times("Llama", 8, {"embd", options.embd}, where) / 3 + 31) / 32 * 32;
  check_heads("Llama", options.embd, {options.heads, options.kv_heads, options.dropout, {}}, where);
  if (options.embd / options.heads % 2 != 0)
    fail_shape("Llama",
               fmt::format("a head of {} features cannot be turned in pairs",
                           options.embd / options.heads),
               where);
  return options;
}

Linear plain_linear(std::int64_t in, std::int64_t out, Where where) {
  return {in, out, {.bias = false, .weight_init = init::normal(0, llama_initial_std)}, where};
}

std::int64_t kv_features(const LlamaOptions& given, Where where) {
  const LlamaOptions options = checked_llama(given, where);
  return options.embd / options.heads * options.kv_heads;
}

}  // namespace

LlamaAttention::LlamaAttention(const LlamaOptions& options, Where where)
    : q_proj(add("q_proj", plain_linear(checked_llama(options, where).embd, options.embd, where),
                 where)),
      k_proj(add("k_proj", plain_linear(options.embd, kv_features(options, where), where), where)),
      v_proj(add("v_proj", plain_linear(options.embd, kv_features(options, where), where), where)),
      o_proj(add("o_proj", plain_linear(options.embd, options.embd, where), where)),
      options_(checked_llama(options, where)) {}

Tensor LlamaAttention::operator()(const Operand& x, const AttentionMasks& masks) const {
  const Scope scope = enter(x);
  const Call call("LlamaAttention", {x});
  require_sequence(call, x, "x", options_.embd);
  AttentionMasks all = masks;
  all.is_causal = true;
  const AttentionPositions positions{.rotary = RotaryOptions{.base = options_.rope_base}};
  const Heads heads{options_.heads, options_.kv_heads, options_.dropout, positions};
  return o_proj(attend(call, heads, q_proj(x), k_proj(x), v_proj(x), all));
}

Tensor LlamaAttention::forward(const Tensor& x) const { return (*this)(x, AttentionMasks{}); }

LlamaMLP::LlamaMLP(std::int64_t features, std::int64_t hidden, Where where)
    : gate_proj(add("gate_proj", plain_linear(features, hidden, where), where)),
      up_proj(add("up_proj", plain_linear(features, hidden, where), where)),
      down_proj(add("down_proj", plain_linear(hidden, features, where), where)) {}

Tensor LlamaMLP::forward(const Tensor& x) const {
  return down_proj(silu(gate_proj(x)) * up_proj(x));
}

LlamaDecoderLayer::LlamaDecoderLayer(const LlamaOptions& options, Where where)
    : self_attn(add("self_attn", LlamaAttention{options, where}, where)),
      mlp(add("mlp", LlamaMLP{options.embd, checked_llama(options, where).hidden, where}, where)),
      input_layernorm(
          add("input_layernorm", RMSNorm{options.embd, {.eps = options.eps}, where}, where)),
      post_attention_layernorm(add("post_attention_layernorm",
                                   RMSNorm{options.embd, {.eps = options.eps}, where}, where)) {}

Tensor LlamaDecoderLayer::operator()(const Operand& x, const AttentionMasks& masks) const {
  const Scope scope = enter(x);
  const Tensor attended = x.tensor() + self_attn(input_layernorm(x), masks);
  return attended + mlp(post_attention_layernorm(attended));
}

Tensor LlamaDecoderLayer::forward(const Tensor& x) const { return (*this)(x, AttentionMasks{}); }

LlamaModel::LlamaModel(const LlamaOptions& options, Where where)
    : embed_tokens(add("embed_tokens",
                       Embedding{checked_llama(options, where).vocab,
                                 options.embd,
                                 {.weight_init = init::normal(0, llama_initial_std)},
                                 where},
                       where)),
      layers(add("layers", ModuleList<LlamaDecoderLayer>{}, where)),
      norm(add("norm", RMSNorm{options.embd, {.eps = options.eps}, where}, where)),
      block_(options.block) {
  for (std::int64_t i = 0; i < options.layers; ++i)
    layers.push_back(LlamaDecoderLayer{options, where}, where);
}

Tensor LlamaModel::operator()(const Operand& tokens, const AttentionMasks& masks) const {
  const Scope scope = enter(tokens);
  const Call call("Llama", {tokens});
  const Tensor t = tokens.tensor();
  call.require(t.rank() >= 1 && t.size(-1) >= 1, "tokens must be [..., T] with T >= 1");
  call.require(
      t.size(-1) <= block_,
      fmt::format("a sequence of {} tokens is longer than the block of {}; cut it, or make "
                  "the model with a larger block",
                  t.size(-1), block_));
  Tensor x = embed_tokens(t);
  for (const LlamaDecoderLayer& layer : layers) x = layer(x, masks);
  return norm(x);
}

Tensor LlamaModel::forward(const Tensor& tokens) const { return (*this)(tokens, AttentionMasks{}); }

Llama::Llama(const LlamaOptions& options, Where where)
    : model(add("model", LlamaModel{options, where}, where)),
      options_(checked_llama(options, where)) {
  if (!options_.tied)
    lm_head = add("lm_head", plain_linear(options_.embd, options_.vocab, where), where);
}

Tensor Llama::operator()(const Operand& tokens, const AttentionMasks& masks) const {
  const Scope scope = enter(tokens);
  const Tensor x = model(tokens, masks);
  return lm_head ? (*lm_head)(x) : linear(x, model.embed_tokens.weight.in(x.graph()));
}

Tensor Llama::forward(const Tensor& tokens) const { return (*this)(tokens, AttentionMasks{}); }

}  // namespace asg::nn
