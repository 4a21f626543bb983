#include <asg/nn/attention.hpp>

#include <cmath>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/attention.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

// One mask that broadcasts to [..., head, Tq, Tk], or none.
Tensor mask_for_heads(const Call& call, const AttentionMask& given) {
  Tensor mask = given.scores;
  if (mask.defined()) {
    call.require(mask.rank() >= 2, "the mask of scores must be [..., Tq, Tk]");
    if (mask.rank() > 2) mask = unsqueeze(mask, -3);
  }
  if (!given.keys.defined()) return mask;
  call.require(given.keys.dtype() == boolean && given.keys.rank() >= 1,
               "the mask of keys must be bool [..., Tk], true where a key is no padding");
  // [..., Tk] -> [..., head, query, Tk]
  const Tensor keys = unsqueeze(unsqueeze(given.keys, -2), -2);
  if (!mask.defined()) return keys;
  if (mask.dtype() == boolean) return logical_and(mask, keys);
  return where(keys, mask, -INFINITY);
}

void require_sequence(const Call& call, const Operand& x, std::string_view name,
                      std::int64_t features) {
  call.require(x.is_tensor() && x.tensor().rank() >= 2 && x.tensor().size(-1) == features,
               fmt::format("{} must be [..., T, {}]", name, features));
}

}  // namespace

MultiHeadAttention::MultiHeadAttention(std::int64_t features, std::int64_t heads,
                                       MultiHeadAttentionOptions options, Where where)
    : qkv(add("qkv",
              Linear{features,
                     times("MultiHeadAttention", 3, {"features", features}, where),
                     {.bias = options.bias},
                     where},
              where)),
      proj(add("proj", Linear{features, features, {.bias = options.bias}, where}, where)),
      features_(features),
      heads_(heads),
      options_(options) {
  check_sizes("MultiHeadAttention", {{"features", features}, {"heads", heads}}, 1, where);
  check_probability("MultiHeadAttention", options.dropout, where);
  if (features % heads != 0)
    fail_shape("MultiHeadAttention",
               fmt::format("{} features cannot be shared equally by {} heads", features, heads),
               where);
}

// [..., T, E] -> [..., head, T, E/head]
Tensor MultiHeadAttention::split_heads(const Tensor& x) const {
  Shape shape = x.shape();
  shape.erase(shape.rank() - 1);
  shape.push_back(heads_);
  shape.push_back(features_ / heads_);
  return transpose(reshape(x, shape), -3, -2);
}

Tensor MultiHeadAttention::attend(const Tensor& query, const Tensor& key, const Tensor& value,
                                  const Tensor& mask) const {
  const Tensor q = split_heads(query);
  const Tensor k = split_heads(key);
  const Tensor v = split_heads(value);
  const Tensor heads = scaled_dot_product_attention(
      q, k, v, {.mask = mask, .causal = options_.causal, .dropout = options_.dropout});
  return proj(flatten(transpose(heads, -3, -2), -2, -1));
}

Tensor MultiHeadAttention::operator()(const Operand& x, const AttentionMask& mask) const {
  const Scope scope = enter(x);
  const Call call("MultiHeadAttention", {x});
  require_sequence(call, x, "x", features_);
  const Tensors parts = chunk(qkv(x.tensor()), 3, -1);
  return attend(parts[0], parts[1], parts[2], mask_for_heads(call, mask));
}

Tensor MultiHeadAttention::operator()(const Operand& query, const Operand& key,
                                      const Operand& value, const AttentionMask& mask) const {
  const Scope scope = enter(query);
  const Call call("MultiHeadAttention", {query, key, value});
  require_sequence(call, query, "query", features_);
  require_sequence(call, key, "key", features_);
  require_sequence(call, value, "value", features_);
  const Tensor weight = qkv.weight.in(call.graph());
  const Tensor bias = qkv.bias.in(call.graph());
  const auto project = [&](const Operand& x, std::int64_t part) {
    const std::int64_t begin = part * features_;
    const std::int64_t end = begin + features_;
    const Tensor rows = slice(weight, 0, begin, end);
    return bias.defined() ? linear(x, rows, slice(bias, 0, begin, end)) : linear(x, rows);
  };
  return attend(project(query, 0), project(key, 1), project(value, 2), mask_for_heads(call, mask));
}

Tensor MultiHeadAttention::forward(const Tensor& x) const { return (*this)(x, AttentionMask{}); }

}  // namespace asg::nn
