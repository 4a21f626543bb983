// TransformerBlock: attention and a feed-forward network, each behind a norm and beside a shortcut.
#pragma once
#include <cstdint>

#include <asg/nn/attention.hpp>
#include <asg/nn/feed_forward.hpp>
#include <asg/nn/normalization.hpp>

namespace asg::nn {

struct TransformerBlockOptions {
  std::int64_t hidden = 0;             ///< of the feed-forward network; 0: 4 * features
  Activation activation = exact_gelu;  ///< there
  double dropout = 0;                  ///< on attention weights and on both results, in training
  bool causal = false;
  bool bias = true;  ///< in linear layers and norms
};

/// x + attn(ln1(x)), then x + mlp(ln2(x)): pre-norm.
/// Shapes   x [..., T, features] -> as x, for any batch axes and any T.
/// Errors   as MultiheadAttention.
/// Source   https://arxiv.org/abs/2002.04745
class TransformerBlock : public Module {
 public:
  TransformerBlock(std::int64_t features, std::int64_t heads, TransformerBlockOptions options = {},
                   Where where = {});
  using Module::operator();
  Tensor operator()(const Operand& x, const AttentionMasks& masks) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  LayerNorm ln1;
  SelfAttention attn;
  LayerNorm ln2;
  FeedForward mlp;

 private:
  [[nodiscard]] Tensor run(const Tensor& x, const AttentionMasks& masks) const;
  double dropout_;
};

}  // namespace asg::nn
