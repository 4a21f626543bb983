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
  if (mask.rank() != 3) return seen;
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

// [..., T, heads * D] -> [..., head, T, D]
Tensor split_heads(const Tensor& x, std::int64_t heads) {
  Shape shape = x.shape();
  shape[shape.rank() - 1] = heads;
  shape.push_back(x.size(-1) / heads);
  return transpose(reshape(x, shape), -3, -2);
}

Tensor join_heads(const Tensor& x) { return flatten(transpose(x, -3, -2), -2, -1); }

struct HeadOperands {
  Tensor query, key, value;
  AttentionOptions options;
};

HeadOperands head_operands(const Call& call, const Heads& heads, const Tensor& query,
                           const Tensor& key, const Tensor& value, const AttentionMasks& masks) {
  HeadOperands in{split_heads(query, heads.count),
                  split_heads(key, heads.kv_count),
                  split_heads(value, heads.kv_count),
                  {}};
  const AttentionPositions& positions = heads.positions;
  if (positions.rotary) {
    in.query = rotary(in.query, *positions.rotary, masks.query_offset);
    in.key = rotary(in.key, *positions.rotary, masks.key_offset);
  }
  Tensor mask;
  if (masks.attn_mask.defined()) mask = mask_of_scores(call, heads, query.shape(), masks.attn_mask);
  if (masks.key_padding_mask.defined())
    mask = both_masks(mask, mask_of_keys(call, masks.key_padding_mask));
  if (positions.alibi)
    mask = both_masks(
        mask, alibi_bias(call.graph(), heads.count, query.size(-2), key.size(-2), query.dtype(),
                         masks.query_offset, masks.key_offset, call.where()));
  in.options = {.mask = mask,
                .causal = masks.is_causal,
                .dropout = heads.dropout,
                .enable_gqa = heads.kv_count != heads.count};
  return in;
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
  return join_heads(scaled_dot_product_attention(in.query, in.key, in.value, in.options));
}

std::pair<Tensor, Tensor> attend_with_weights(const Call& call, const Heads& heads,
                                              const Tensor& query, const Tensor& key,
                                              const Tensor& value, const AttentionMasks& masks) {
  const HeadOperands in = head_operands(call, heads, query, key, value, masks);
  const auto [y, weights] =
      scaled_dot_product_attention_with_weights(in.query, in.key, in.value, in.options);
  return {join_heads(y), weights};
}

}  // namespace asg::nn
