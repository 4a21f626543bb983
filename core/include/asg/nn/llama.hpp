// Llama: a causal Transformer with RMS norms, rotary positions, gated layers and grouped queries.
#pragma once
#include <cstdint>
#include <optional>

#include <asg/nn/attention.hpp>
#include <asg/nn/embedding.hpp>
#include <asg/nn/normalization.hpp>
#include <asg/nn/sequential.hpp>

namespace asg::nn {

struct LlamaOptions {
  std::int64_t vocab = 0;     ///< tokens are 0..vocab-1
  std::int64_t block = 2048;  ///< the longest sequence
  std::int64_t layers = 32;   ///< num_hidden_layers
  std::int64_t heads = 32;    ///< num_attention_heads
  std::int64_t kv_heads = 0;  ///< num_key_value_heads; 0: as heads
  std::int64_t embd = 4096;   ///< hidden_size
  std::int64_t hidden = 0;    ///< intermediate_size; 0: 8/3 embd, rounded up to a multiple of 32
  double rope_base = 10000;   ///< rope_theta
  double eps = 1e-6;          ///< rms_norm_eps
  double dropout = 0;         ///< attention_dropout, while training
  bool tied = false;          ///< tie_word_embeddings: the head uses the token table
};

/// Attention of grouped queries with rotary positions, half-split, and causal: q_proj, k_proj,
/// v_proj and o_proj, without biases.
/// Shapes   x [..., T, embd] -> as x
class LlamaAttention : public Module {
 public:
  explicit LlamaAttention(const LlamaOptions& options, Where where = {});
  using Module::operator();
  /// The masks' offsets say where x begins.
  Tensor operator()(const Operand& x, const AttentionMasks& masks) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Linear q_proj, k_proj, v_proj, o_proj;

 private:
  LlamaOptions options_;
};

/// down_proj(silu(gate_proj(x)) * up_proj(x)), SwiGLU.
/// Source   https://arxiv.org/abs/2002.05202
class LlamaMLP : public Module {
 public:
  LlamaMLP(std::int64_t features, std::int64_t hidden, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Linear gate_proj, up_proj, down_proj;
};

/// x + self_attn(input_layernorm(x)), then x + mlp(post_attention_layernorm(x)).
class LlamaDecoderLayer : public Module {
 public:
  explicit LlamaDecoderLayer(const LlamaOptions& options, Where where = {});
  using Module::operator();
  Tensor operator()(const Operand& x, const AttentionMasks& masks) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  LlamaAttention self_attn;
  LlamaMLP mlp;
  RMSNorm input_layernorm;
  RMSNorm post_attention_layernorm;
};

/// All but the head: what a token has become, normed.
class LlamaModel : public Module {
 public:
  explicit LlamaModel(const LlamaOptions& options, Where where = {});
  using Module::operator();
  Tensor operator()(const Operand& tokens, const AttentionMasks& masks) const;
  [[nodiscard]] Tensor forward(const Tensor& tokens) const override;

  Embedding embed_tokens;
  ModuleList<LlamaDecoderLayer> layers;
  RMSNorm norm;

 private:
  std::int64_t block_;
};

/// Llama with the parameters of Hugging Face's LlamaForCausalLM, E = embd, H = hidden, K = E *
/// kv_heads / heads, N a layer's number: model.embed_tokens.weight [vocab, E],
/// model.layers.N.self_attn.q_proj.weight [E, E], .k_proj.weight and .v_proj.weight [K, E],
/// .o_proj.weight [E, E], model.layers.N.mlp.gate_proj.weight and .up_proj.weight [H, E],
/// .down_proj.weight [E, H], model.layers.N.input_layernorm.weight and
/// .post_attention_layernorm.weight [E], model.norm.weight [E], and lm_head.weight [vocab, E]
/// unless tied. Matrices begin as normal(0, 0.02), norms as 1.
///
/// Shapes   tokens [..., T] -> logits [..., T, vocab], T from 1 to block.
/// Types    tokens i32 or i64.
/// Errors   ShapeError when T is beyond block, or an option is not positive or does not fit.
/// Source   https://arxiv.org/abs/2302.13971, https://arxiv.org/abs/2307.09288
class Llama : public Module {
 public:
  explicit Llama(const LlamaOptions& options, Where where = {});
  using Module::operator();
  /// Under masks besides the causal one, such as a key_padding_mask.
  Tensor operator()(const Operand& tokens, const AttentionMasks& masks) const;
  [[nodiscard]] Tensor forward(const Tensor& tokens) const override;
  [[nodiscard]] const LlamaOptions& options() const { return options_; }

  LlamaModel model;
  std::optional<Linear> lm_head;  ///< none when tied

 private:
  LlamaOptions options_;
};

}  // namespace asg::nn
