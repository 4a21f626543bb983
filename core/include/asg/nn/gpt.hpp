// GPT: a causal Transformer that predicts the next token.
#pragma once
#include <cstdint>
#include <optional>

#include <asg/nn/embedding.hpp>
#include <asg/nn/sequential.hpp>
#include <asg/nn/transformer.hpp>

namespace asg::nn {

struct GPTOptions {
  std::int64_t vocab = 0;     ///< tokens are 0..vocab-1
  std::int64_t block = 1024;  ///< the longest sequence
  std::int64_t layers = 12;
  std::int64_t heads = 12;
  std::int64_t embd = 768;
  double dropout = 0;
  bool bias = true;   ///< in linear layers and norms; the head has none
  bool tied = false;  ///< the head uses the token table's weights
};

/// Pre-norm Transformer with learned positions, LayerNorm, exact GELU and causal attention, after
/// GPT-2.
///
/// Parameters, E = embd, N a layer's number: tok.weight [vocab, E], pos.weight [block, E],
/// blocks.N.ln1.{weight,bias} [E], blocks.N.attn.qkv.{weight [3E, E],bias},
/// blocks.N.attn.proj.{weight [E, E],bias}, blocks.N.ln2.{weight,bias} [E],
/// blocks.N.mlp.fc.{weight [4E, E],bias}, blocks.N.mlp.proj.{weight [E, 4E],bias},
/// ln_f.{weight,bias} [E], and head.weight [vocab, E] unless tied. Weights begin as
/// normal(0, 0.02), both proj.weight with 0.02 / sqrt(2 * layers), norms as 1, biases as 0.
/// Dropout acts on the sum of the embeddings, the attention weights and both results of a block.
///
/// Shapes   tokens [..., T] -> logits [..., T, vocab], T from 1 to block.
/// Types    tokens i32 or i64.
/// Errors   ShapeError when T is beyond block, or an option is not positive or does not fit.
/// Source   https://github.com/karpathy/nanoGPT
class GPT : public Module {
 public:
  explicit GPT(const GPTOptions& options, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& tokens) const override;
  [[nodiscard]] const GPTOptions& options() const { return options_; }

  Embedding tok;
  Embedding pos;
  ModuleList<TransformerBlock> blocks;
  LayerNorm ln_f;
  std::optional<Linear> head;  ///< none when tied

 private:
  GPTOptions options_;
};

}  // namespace asg::nn
