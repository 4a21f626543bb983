// Layers of attention.
#pragma once
#include <cstdint>
#include <utility>

#include <asg/nn/linear.hpp>
#include <asg/nn/positions.hpp>

namespace asg::nn {

/// Who may attend to whom, and where queries and keys stand: what a call adds to a layer. Masks
/// have the meaning of PyTorch's layers: true hides (in asg::scaled_dot_product_attention, as in
/// PyTorch's, true shows), and a float is added to the scores. A query from which everything is
/// hidden attends to nothing, and gets zeros in place of PyTorch's NaN.
struct AttentionMasks {
  /// bool or float, [Tq, Tk] for all; [batch * heads, Tq, Tk], as PyTorch has it; or of four axes
  /// and more what broadcasts to [..., heads, Tq, Tk], such as [batch, 1, Tq, Tk].
  Tensor attn_mask = {};
  /// bool or float [..., Tk]: true where a key is padding.
  Tensor key_padding_mask = {};
  /// Query i sees the keys 0..i, both counted from the first that is there.
  bool is_causal = false;
  /// Where the first query and the first key stand, for the positions of a layer that has some.
  std::int64_t query_offset = 0;
  std::int64_t key_offset = 0;
};

struct MultiheadAttentionOptions {
  double dropout = 0;         ///< on the attention weights, while training
  bool bias = true;           ///< in all projections
  std::int64_t kdim = 0;      ///< features of keys; 0: as queries
  std::int64_t vdim = 0;      ///< features of values; 0: as queries
  std::int64_t kv_heads = 0;  ///< below num_heads, several query heads share one of keys and values
  AttentionPositions positions = {};
};

/// PyTorch's nn.MultiheadAttention, with its parameters: attention of num_heads heads, each over
/// its part of E = embed_dim features. The batch comes first, always. Not here: add_bias_kv and
/// add_zero_attn.
///
/// Parameters: in_proj_weight [3E, E], whose rows make queries, keys and values; where kdim or vdim
/// differ from E in its place q_proj_weight [E, E], k_proj_weight [E, kdim], v_proj_weight [E,
/// vdim]; in_proj_bias [3E]; out_proj.{weight [E, E],bias}. With kv_heads keys and values have E *
/// kv_heads / num_heads rows each in place of E. Weights begin as xavier_uniform, out_proj.weight
/// as Linear's, biases as 0.
///
/// Shapes   query [..., Tq, E], key [..., Tk, kdim], value [..., Tk, vdim] -> [..., Tq, E], for any
///          batch axes and lengths, none and 1 included; the batch axes broadcast.
/// Errors   ShapeError when E is not divisible by the heads, or an operand or mask does not fit;
///          TypeError when a mask is neither bool nor float.
/// Source   https://arxiv.org/abs/1706.03762, https://arxiv.org/abs/2305.13245 (kv_heads)
class MultiheadAttention : public Module {
 public:
  MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads,
                     MultiheadAttentionOptions options = {}, Where where = {});
  using Module::operator();
  /// Self-attention.
  Tensor operator()(const Operand& x, const AttentionMasks& masks) const;
  Tensor operator()(const Operand& query, const Operand& key, const Operand& value,
                    const AttentionMasks& masks = {}) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
  /// The result and the weights, as PyTorch's need_weights: those behind dropout, the mean over the
  /// heads unless each is asked for.
  /// Shapes   as above, and [..., Tq, Tk] or [..., num_heads, Tq, Tk]
  /// Cost     the weights are made, in place of attention without them.
  [[nodiscard]] std::pair<Tensor, Tensor> with_weights(const Operand& query, const Operand& key,
                                                       const Operand& value,
                                                       const AttentionMasks& masks = {},
                                                       bool average_attn_weights = true) const;

  Parameter in_proj_weight;                               ///< or the three below
  Parameter q_proj_weight, k_proj_weight, v_proj_weight;  ///< none unless kdim or vdim differ
  Parameter in_proj_bias;                                 ///< none without bias
  Linear out_proj;

 private:
  struct Projected {
    Tensor query, key, value;
  };
  [[nodiscard]] Projected project(const Operand& query, const Operand& key,
                                  const Operand& value) const;
  std::int64_t features_, key_features_, value_features_, kv_rows_, heads_;
  MultiheadAttentionOptions options_;
};

struct SelfAttentionOptions {
  bool bias = true;
  bool causal = false;  ///< query i sees the keys 0..i only
  double dropout = 0;   ///< on the attention weights, while training
  AttentionPositions positions = {};
};

/// Self-attention in several heads as GPT-2 has it: one layer `qkv`, whose rows [0, E) make
/// queries, [E, 2E) keys and the rest values, and `proj`. MultiheadAttention under other names,
/// without cross attention.
/// Shapes   x [..., T, E] -> as x, for any batch axes and lengths, none and 1 included.
/// Errors   as MultiheadAttention.
class SelfAttention : public Module {
 public:
  SelfAttention(std::int64_t features, std::int64_t heads, SelfAttentionOptions options = {},
                Where where = {});
  using Module::operator();
  Tensor operator()(const Operand& x, const AttentionMasks& masks) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Linear qkv;
  Linear proj;

 private:
  std::int64_t features_;
  std::int64_t heads_;
  SelfAttentionOptions options_;
};

}  // namespace asg::nn
