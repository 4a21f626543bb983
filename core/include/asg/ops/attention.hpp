// Attention.
#pragma once
#include <optional>
#include <utility>

#include <asg/graph/tensor.hpp>

namespace asg {

struct AttentionOptions {
  /// Added to the scores when float, where -inf hides a key; when bool, true marks the keys that a
  /// query may attend to. Broadcasts to [..., Tq, Tk].
  Tensor mask = {};
  /// Query i sees the keys 0..i (aligned at the first of both, as in PyTorch).
  bool causal = false;
  /// What the scores are multiplied with; 1 / sqrt(D) when not given.
  std::optional<double> scale = {};
  /// While the graph trains, each weight is 0 with this probability, else divided by 1 - dropout.
  double dropout = 0;
  /// Grouped queries: axis -3 of the query, its heads, is a multiple of that of key and value, and
  /// of its G times as many each G in a row share one. The mask's axis -3 is the query's, or 1.
  bool enable_gqa = false;
};

/// softmax(query * key^T * scale + mask) * value, for any number of leading axes (batch, heads).
/// What a mask hides plays no part, not even NaN, neither in results nor in gradients. A query
/// whose keys are all masked gives zeros, and no gradient.
/// Shapes   query [..., Tq, D], key [..., Tk, D], value [..., Tk, Dv] -> [..., Tq, Dv]; the leading
///          axes broadcast.
/// Types    one float type; the mask is of that type or bool.
/// Errors   ShapeError when the shapes do not fit, TypeError when the types do not or dropout is
/// not
///          in [0, 1].
/// Cost     keys and values that are shared, by broadcasting or grouped queries, are read where
/// they
///          are; their gradients are made for each user first and then added up.
/// Source   https://arxiv.org/abs/1706.03762
[[nodiscard]] Tensor scaled_dot_product_attention(const Operand& query, const Operand& key,
                                                  const Operand& value,
                                                  const AttentionOptions& options = {});
/// The same, and the weights that the values were summed with: those behind dropout.
/// Shapes   as above, and [..., Tq, Tk]
/// Cost     the weights are made and kept, which scaled_dot_product_attention avoids.
[[nodiscard]] std::pair<Tensor, Tensor> scaled_dot_product_attention_with_weights(
    const Operand& query, const Operand& key, const Operand& value,
    const AttentionOptions& options = {});

}  // namespace asg
