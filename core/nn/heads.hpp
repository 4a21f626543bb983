// What the layers of attention share: heads, positions in them, and masks.
#pragma once
#include <cstdint>
#include <string_view>
#include <utility>

#include <asg/graph/build.hpp>
#include <asg/nn/attention.hpp>

namespace asg::nn {

/// How features are shared by heads, and what these do.
struct Heads {
  std::int64_t count = 1;
  std::int64_t kv_count = 1;  ///< of keys and values; a divisor of count
  double dropout = 0;
  AttentionPositions positions = {};
};

/// Errors   ShapeError when the heads cannot share the features, or the queries the keys' heads.
void check_heads(std::string_view layer, std::int64_t features, const Heads& heads, Where where);

/// Errors   ShapeError when x is no [..., T, features].
void require_sequence(const Call& call, const Operand& x, std::string_view name,
                      std::int64_t features);

/// Attention of each head over its part of the projected features.
/// Shapes   query [..., Tq, count * D], key and value [..., Tk, kv_count * D] -> as query
[[nodiscard]] Tensor attend(const Call& call, const Heads& heads, const Tensor& query,
                            const Tensor& key, const Tensor& value, const AttentionMasks& masks);
/// The same, and the weights [..., count, Tq, Tk].
[[nodiscard]] std::pair<Tensor, Tensor> attend_with_weights(const Call& call, const Heads& heads,
                                                            const Tensor& query, const Tensor& key,
                                                            const Tensor& value,
                                                            const AttentionMasks& masks);

}  // namespace asg::nn
