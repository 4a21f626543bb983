// Multi-head attention.
#pragma once
#include <cstdint>

#include <asg/nn/linear.hpp>

namespace asg::nn {

struct MultiHeadAttentionOptions {
  bool bias = true;
  bool causal = false;  ///< query i sees the keys 0..i only
  double dropout = 0;   ///< on the attention weights, while training
};

/// Which keys a query may attend to; both may be given.
struct AttentionMask {
  /// bool (true: may attend) or float (added to the scores), one for all heads: [Tq, Tk] or
  /// [..., Tq, Tk] with the batch axes in front.
  Tensor scores = {};
  /// bool [..., Tk]: true where the key is no padding.
  Tensor keys = {};
};

/// Attention in several heads, each over its part of the features. The projections of queries, keys
/// and values stand in one matrix, `qkv`: rows [0, E) make queries, [E, 2E) keys, the rest values.
/// Shapes   query [..., Tq, E], key and value [..., Tk, E] -> [..., Tq, E], for any batch axes and
///          lengths, none and 1 included; the batch axes broadcast.
/// Errors   ShapeError when E is not divisible by the heads, or an operand or mask does not fit;
///          TypeError when a mask is neither bool nor float.
/// Source   https://arxiv.org/abs/1706.03762
class MultiHeadAttention : public Module {
 public:
  MultiHeadAttention(std::int64_t features, std::int64_t heads,
                     MultiHeadAttentionOptions options = {}, Where where = {});
  using Module::operator();
  /// Self-attention under a mask.
  Tensor operator()(const Operand& x, const AttentionMask& mask) const;
  Tensor operator()(const Operand& query, const Operand& key, const Operand& value,
                    const AttentionMask& mask = {}) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Linear qkv;
  Linear proj;

 private:
  [[nodiscard]] Tensor attend(const Tensor& query, const Tensor& key, const Tensor& value,
                              const Tensor& mask) const;
  [[nodiscard]] Tensor split_heads(const Tensor& x) const;

  std::int64_t features_;
  std::int64_t heads_;
  MultiHeadAttentionOptions options_;
};

}  // namespace asg::nn
