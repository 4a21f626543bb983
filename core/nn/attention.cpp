#include <asg/nn/attention.hpp>

#include <asg/graph/build.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "nn/heads.hpp"
#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

Heads heads_of(std::int64_t heads, const MultiheadAttentionOptions& options) {
  return {heads, options.kv_heads > 0 ? options.kv_heads : heads, options.dropout,
          options.positions};
}

// x times rows [begin, end) of a matrix, with their part of the bias.
Tensor project_rows(const Tensor& x, const Tensor& weight, const Tensor& bias, std::int64_t begin,
                    std::int64_t end) {
  const Tensor rows = slice(weight, 0, begin, end);
  return bias.defined() ? linear(x, rows, slice(bias, 0, begin, end)) : linear(x, rows);
}

}  // namespace

MultiheadAttention::MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads,
                                       MultiheadAttentionOptions options, Where where)
    : out_proj(add(
          "out_proj",
          Linear{embed_dim, embed_dim, {.bias = options.bias, .bias_init = init::zeros()}, where},
          where)),
      features_(embed_dim),
      key_features_(options.kdim > 0 ? options.kdim : embed_dim),
      value_features_(options.vdim > 0 ? options.vdim : embed_dim),
      kv_rows_(embed_dim),
      heads_(num_heads),
      options_(std::move(options)) {
  const Heads heads = heads_of(num_heads, options_);
  check_sizes("MultiheadAttention", {{"embed_dim", embed_dim}}, 1, where);
  check_heads("MultiheadAttention", embed_dim, heads, where);
  const std::int64_t most = times("MultiheadAttention", 3, {"embed_dim", embed_dim}, where);
  kv_rows_ = embed_dim / heads.count * heads.kv_count;
  const std::int64_t rows = most - 2 * (embed_dim - kv_rows_);
  const auto matrix = [&](const char* name, std::int64_t out, std::int64_t in) {
    return add(name, {out, in}, init::xavier_uniform(), where);
  };
  if (key_features_ == embed_dim && value_features_ == embed_dim) {
    in_proj_weight = matrix("in_proj_weight", rows, embed_dim);
  } else {
    q_proj_weight = matrix("q_proj_weight", embed_dim, embed_dim);
    k_proj_weight = matrix("k_proj_weight", kv_rows_, key_features_);
    v_proj_weight = matrix("v_proj_weight", kv_rows_, value_features_);
  }
  if (options_.bias) in_proj_bias = add("in_proj_bias", {rows}, init::zeros(), where);
}

// Operands that are one tensor are projected in one product.
MultiheadAttention::Projected MultiheadAttention::project(const Operand& query, const Operand& key,
                                                          const Operand& value) const {
  const Tensor &q = query.tensor(), &k = key.tensor(), &v = value.tensor();
  Graph& graph = q.graph();
  const Tensor bias = in_proj_bias.in(graph);
  const std::int64_t q_end = features_, k_end = q_end + kv_rows_, v_end = k_end + kv_rows_;
  if (!in_proj_weight) {
    const auto part = [&](const Tensor& x, const Parameter& weight, std::int64_t begin,
                          std::int64_t end) {
      const Tensor w = weight.in(graph);
      return bias.defined() ? linear(x, w, slice(bias, 0, begin, end)) : linear(x, w);
    };
    return {part(q, q_proj_weight, 0, q_end), part(k, k_proj_weight, q_end, k_end),
            part(v, v_proj_weight, k_end, v_end)};
  }
  const Tensor weight = in_proj_weight.in(graph);
  if (!k.same_as(v))
    return {project_rows(q, weight, bias, 0, q_end), project_rows(k, weight, bias, q_end, k_end),
            project_rows(v, weight, bias, k_end, v_end)};
  const bool all = q.same_as(k);
  const std::int64_t first = all ? 0 : q_end;  // of the rows of the common product
  const Tensor common = project_rows(k, weight, bias, first, v_end);
  return {all ? slice(common, -1, 0, q_end) : project_rows(q, weight, bias, 0, q_end),
          slice(common, -1, q_end - first, k_end - first),
          slice(common, -1, k_end - first, v_end - first)};
}

Tensor MultiheadAttention::operator()(const Operand& query, const Operand& key,
                                      const Operand& value, const AttentionMasks& masks) const {
  const Scope scope = enter(query);
  const Call call("MultiheadAttention", {query, key, value});
  require_sequence(call, query, "query", features_);
  require_sequence(call, key, "key", key_features_);
  require_sequence(call, value, "value", value_features_);
  const auto [q, k, v] = project(query, key, value);
  return out_proj(attend(call, heads_of(heads_, options_), q, k, v, masks));
}

Tensor MultiheadAttention::operator()(const Operand& x, const AttentionMasks& masks) const {
  return (*this)(x, x, x, masks);
}

Tensor MultiheadAttention::forward(const Tensor& x) const { return (*this)(x, x, x); }

std::pair<Tensor, Tensor> MultiheadAttention::with_weights(const Operand& query, const Operand& key,
                                                           const Operand& value,
                                                           const AttentionMasks& masks,
                                                           bool average_attn_weights) const {
  const Scope scope = enter(query);
  const Call call("MultiheadAttention", {query, key, value});
  require_sequence(call, query, "query", features_);
  require_sequence(call, key, "key", key_features_);
  require_sequence(call, value, "value", value_features_);
  const auto [q, k, v] = project(query, key, value);
  const auto [y, weights] = attend_with_weights(call, heads_of(heads_, options_), q, k, v, masks);
  return {out_proj(y), average_attn_weights ? mean(weights, {-3}) : weights};
}

SelfAttention::SelfAttention(std::int64_t features, std::int64_t heads,
                             SelfAttentionOptions options, Where where)
    : qkv(add("qkv",
              Linear{features,
                     times("SelfAttention", 3, {"features", features}, where),
                     {.bias = options.bias},
                     where},
              where)),
      proj(add("proj", Linear{features, features, {.bias = options.bias}, where}, where)),
      features_(features),
      heads_(heads),
      options_(std::move(options)) {
  check_sizes("SelfAttention", {{"features", features}}, 1, where);
  check_heads("SelfAttention", features, {heads, heads, options_.dropout, {}}, where);
}

Tensor SelfAttention::operator()(const Operand& x, const AttentionMasks& masks) const {
  const Scope scope = enter(x);
  const Call call("SelfAttention", {x});
  require_sequence(call, x, "x", features_);
  AttentionMasks all = masks;
  all.is_causal = masks.is_causal || options_.causal;
  const Tensors parts = chunk(qkv(x.tensor()), 3, -1);
  return proj(attend(call, {heads_, heads_, options_.dropout, options_.positions}, parts[0],
                     parts[1], parts[2], all));
}

Tensor SelfAttention::forward(const Tensor& x) const { return (*this)(x, AttentionMasks{}); }

}  // namespace asg::nn
