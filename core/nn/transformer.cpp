#include <asg/nn/transformer.hpp>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/random.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

TransformerBlock::TransformerBlock(std::int64_t features, std::int64_t heads,
                                   TransformerBlockOptions options, Where where)
    : ln1(add("ln1", LayerNorm{features, {.bias = options.bias}, where}, where)),
      attn(add("attn",
               SelfAttention{
                   features,
                   heads,
                   {.bias = options.bias, .causal = options.causal, .dropout = options.dropout},
                   where},
               where)),
      ln2(add("ln2", LayerNorm{features, {.bias = options.bias}, where}, where)),
      mlp(add(
          "mlp",
          FeedForward{
              features,
              options.hidden > 0 ? options.hidden
                                 : times("TransformerBlock", 4, {"features", features}, where),
              {.activation = options.activation, .dropout = options.dropout, .bias = options.bias},
              where},
          where)),
      dropout_(options.dropout) {}

Tensor TransformerBlock::operator()(const Operand& x, const AttentionMasks& masks) const {
  const Scope scope = enter(x);
  return run(x.tensor(), masks);
}

Tensor TransformerBlock::forward(const Tensor& x) const { return run(x, {}); }

Tensor TransformerBlock::run(const Tensor& x, const AttentionMasks& masks) const {
  const Tensor attended = x + dropout(attn(ln1(x), masks), dropout_);
  return attended + mlp(ln2(attended));
}

}  // namespace asg::nn
