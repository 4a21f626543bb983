#include "nn/heads.hpp"

#include <cmath>

#include <fmt/format.h>

#include <asg/ops/attention.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

// PyTorch's layers call true what is hidden, attention what is seen.
Tensor seen_or_scores(const Tensor& mask) {
  return mask.dtype() == boolean ? logical_not(mask) : mask;
}

// Two masks, of what is seen or of scores, at once.
Tensor both_masks(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  if (!b.defined()) return a;
  if (a.dtype() == boolean && b.dtype() == boolean) return logical_and(a, b);
  if (a.dtype() == boolean) return where(a, b, -INFINITY);
  if (b.dtype() == boolean) return where(b, a, -INFINITY);
  return a + b;
}

// [Tq, Tk], or with the heads in front of it: PyTorch joins them with the batch to one axis.
Tensor mask_of_scores(const Call& call, const Heads& heads, const Shape& query,
                      const Tensor& mask) {
  call.require(mask.rank() >= 2, "attn_mask must be [Tq, Tk] or [..., heads, Tq, Tk]");
  const Tensor seen = seen_or_scores(mask);
  if (mask.rank() != 3) {
    call.require(mask.rank() == 2 || mask.size(-3) == 1 || mask.size(-3) == heads.count,
                 fmt::format("attn_mask must have {} heads, or 1 for all", heads.count));
    return seen;
  }
  Shape shape = query.slice(0, query.rank() - 2);
  shape.push_back(heads.count);
  call.require(mask.size(0) == shape.numel(),
               fmt::format("an attn_mask of three axes must be [batch * heads, Tq, Tk], here [{}, "
                           "Tq, Tk]; one for all heads is [batch, 1, Tq, Tk]",
                           shape.numel()));
  shape.push_back(mask.size(1));
  shape.push_back(mask.size(2));
  return reshape(seen, shape);
}

// [..., Tk] -> [..., head, query, Tk]
Tensor mask_of_keys(const Call& call, const Tensor& mask) {
  call.require(
      mask.rank() >= 1 && (mask.dtype() == boolean || is_float(mask.dtype())),
      "key_padding_mask must be [..., Tk], bool with true where a key is padding, or float");
  return unsqueeze(unsqueeze(seen_or_scores(mask), -2), -2);
}

// Heads stand in one axis, or where several share one of keys and values in two: [shared, group].
// All is done before the axes change places, so that gradients are made in the order of the
// features and nothing is copied.
class HeadAxes {
 public:
  explicit HeadAxes(const Heads& heads)
      : shared_(heads.kv_count), group_(heads.count / heads.kv_count) {}

  // [..., T, count * D] -> [..., T, count, D] or [..., T, shared, group, D]
  [[nodiscard]] Tensor split_queries(const Tensor& x) const { return split(x, group_); }
  // [..., T, shared * D] -> the same
  [[nodiscard]] Tensor split_keys(const Tensor& x) const { return split(x, 1); }
  // A tensor that split_keys gave, for each of the group.
  [[nodiscard]] Tensor for_all(const Tensor& x) const {
    if (group_ == 1) return x;
    Shape shape = x.shape();
    shape[shape.rank() - 2] = group_;
    return broadcast_to(x, shape);
  }
  // Of a mask [..., count, Tq, Tk] or [..., 1, Tq, Tk].
  [[nodiscard]] Tensor split_mask(const Tensor& mask) const {
    if (group_ == 1 || !mask.defined() || mask.rank() < 3) return mask;
    if (mask.size(-3) == 1) return unsqueeze(mask, -3);
    Shape shape = mask.shape().slice(0, mask.rank() - 3);
    for (const std::int64_t size : {shared_, group_, mask.size(-2), mask.size(-1)})
      shape.push_back(size);
    return reshape(mask, shape);
  }
  // The axis of positions, in what the splits give.
  [[nodiscard]] int positions() const { return -2 - count(); }
  // Positions come behind the heads, [..., head, T, D], and back.
  [[nodiscard]] Tensor heads_first(const Tensor& x) const { return moved(x, positions(), -2); }
  [[nodiscard]] Tensor join(const Tensor& x) const {
    return flatten(moved(x, -2, positions()), -1 - count(), -1);
  }
  // [..., head, Tq, Tk] with the heads in one axis.
  [[nodiscard]] Tensor join_weights(const Tensor& x) const {
    return group_ == 1 ? x : flatten(x, -4, -3);
  }

 private:
  [[nodiscard]] int count() const { return group_ == 1 ? 1 : 2; }
  [[nodiscard]] Tensor split(const Tensor& x, std::int64_t group) const {
    Shape shape = x.shape();
    shape[shape.rank() - 1] = shared_;
    if (group_ > 1) shape.push_back(group);
    shape.push_back(x.size(-1) / (shared_ * group));
    return reshape(x, shape);
  }
  [[nodiscard]] static Tensor moved(const Tensor& x, int from, int to) {
    std::vector<std::int64_t> axes;
    for (int axis = 0; axis < x.rank(); ++axis) axes.push_back(axis);
    axes.erase(axes.begin() + x.rank() + from);
    axes.insert(axes.begin() + x.rank() + to, x.rank() + from);
    return permute(x, Axes(axes));
  }

  std::int64_t shared_, group_;
};

struct HeadOperands {
  Tensor query, key, value;
  AttentionOptions options;
};

HeadOperands head_operands(const Call& call, const Heads& heads, const Tensor& query,
                           const Tensor& key, const Tensor& value, const AttentionMasks& masks) {
  const HeadAxes axes(heads);
  const AttentionPositions& positions = heads.positions;
  Tensor q = axes.split_queries(query), k = axes.split_keys(key);
  if (positions.rotary) {
    q = rotary(q, *positions.rotary, masks.query_offset, axes.positions());
    k = rotary(k, *positions.rotary, masks.key_offset, axes.positions());
  }
  Tensor mask;
  if (masks.attn_mask.defined()) mask = mask_of_scores(call, heads, query.shape(), masks.attn_mask);
  if (masks.key_padding_mask.defined())
    mask = both_masks(mask, mask_of_keys(call, masks.key_padding_mask));
  if (positions.alibi)
    mask = both_masks(
        mask, alibi_bias(call.graph(), heads.count, query.size(-2), key.size(-2), query.dtype(),
                         masks.query_offset, masks.key_offset, call.where()));
  return {axes.heads_first(q),
          axes.heads_first(axes.for_all(k)),
          axes.heads_first(axes.for_all(axes.split_keys(value))),
          {.mask = axes.split_mask(mask), .causal = masks.is_causal, .dropout = heads.dropout}};
}

}  // namespace

void check_heads(std::string_view layer, std::int64_t features, const Heads& heads, Where where) {
  check_sizes(layer, {{"heads", heads.count}, {"kv_heads", heads.kv_count}}, 1, where);
  check_probability(layer, heads.dropout, where);
  if (features % heads.count != 0)
    fail_shape(
        layer,
        fmt::format("{} features cannot be shared equally by {} heads", features, heads.count),
        where);
  if (heads.count % heads.kv_count != 0)
    fail_shape(layer,
               fmt::format("{} heads cannot share {} heads of keys and values equally", heads.count,
                           heads.kv_count),
               where);
}

void require_sequence(const Call& call, const Operand& x, std::string_view name,
                      std::int64_t features) {
  call.require(x.is_tensor() && x.tensor().rank() >= 2 && x.tensor().size(-1) == features,
               fmt::format("{} must be [..., T, {}]", name, features));
}

Tensor attend(const Call& call, const Heads& heads, const Tensor& query, const Tensor& key,
              const Tensor& value, const AttentionMasks& masks) {
  const HeadOperands in = head_operands(call, heads, query, key, value, masks);
  return HeadAxes(heads).join(scaled_dot_product_attention(in.query, in.key, in.value, in.options));
}

std::pair<Tensor, Tensor> attend_with_weights(const Call& call, const Heads& heads,
                                              const Tensor& query, const Tensor& key,
                                              const Tensor& value, const AttentionMasks& masks) {
  const HeadOperands in = head_operands(call, heads, query, key, value, masks);
  const auto [y, weights] =
      scaled_dot_product_attention_with_weights(in.query, in.key, in.value, in.options);
  return {HeadAxes(heads).join(y), HeadAxes(heads).join_weights(weights)};
}

}  // namespace asg::nn
