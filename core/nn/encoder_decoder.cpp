#include <asg/nn/encoder_decoder.hpp>

#include <utility>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/random.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

MultiheadAttentionOptions attention_options(const TransformerLayerOptions& options,
                                            AttentionPositions positions) {
  return {.dropout = options.dropout, .bias = options.bias, .positions = std::move(positions)};
}

LayerNormOptions norm_options(const TransformerLayerOptions& options) {
  return {.eps = options.layer_norm_eps, .bias = options.bias};
}

LayerNormOptions norm_options(const TransformerStackOptions& options) {
  return norm_options(options.layer);
}

// A part of a layer beside its shortcut, with the norm on either side.
template <class Part>
Tensor beside_shortcut(const Tensor& x, const LayerNorm& norm,
                       const TransformerLayerOptions& options, Part part) {
  if (options.norm_first) return x + dropout(part(norm(x)), options.dropout);
  return norm(x + dropout(part(x), options.dropout));
}

template <class Layer>
Tensor two_linear_layers(const Layer& layer, const TransformerLayerOptions& options,
                         const Tensor& x) {
  const Tensor hidden = layer.linear1(x);
  const Tensor active = options.activation ? options.activation(hidden) : relu(hidden);
  return layer.linear2(dropout(active, options.dropout));
}

}  // namespace

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 TransformerLayerOptions options, Where where)
    : self_attn(add(
          "self_attn",
          MultiheadAttention{d_model, nhead, attention_options(options, options.positions), where},
          where)),
      linear1(add("linear1",
                  Linear{d_model, options.dim_feedforward, {.bias = options.bias}, where}, where)),
      linear2(add("linear2",
                  Linear{options.dim_feedforward, d_model, {.bias = options.bias}, where}, where)),
      norm1(add("norm1", LayerNorm{d_model, norm_options(options), where}, where)),
      norm2(add("norm2", LayerNorm{d_model, norm_options(options), where}, where)),
      options_(std::move(options)) {}

Tensor TransformerEncoderLayer::operator()(const Operand& src, const AttentionMasks& masks) const {
  const Scope scope = enter(src);
  const Tensor attended = beside_shortcut(src.tensor(), norm1, options_,
                                          [&](const Tensor& x) { return self_attn(x, masks); });
  return beside_shortcut(attended, norm2, options_,
                         [&](const Tensor& x) { return two_linear_layers(*this, options_, x); });
}

Tensor TransformerEncoderLayer::forward(const Tensor& src) const {
  return (*this)(src, AttentionMasks{});
}

TransformerDecoderLayer::TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 TransformerLayerOptions options, Where where)
    : self_attn(add(
          "self_attn",
          MultiheadAttention{d_model, nhead, attention_options(options, options.positions), where},
          where)),
      multihead_attn(add("multihead_attn",
                         MultiheadAttention{d_model, nhead, attention_options(options, {}), where},
                         where)),
      linear1(add("linear1",
                  Linear{d_model, options.dim_feedforward, {.bias = options.bias}, where}, where)),
      linear2(add("linear2",
                  Linear{options.dim_feedforward, d_model, {.bias = options.bias}, where}, where)),
      norm1(add("norm1", LayerNorm{d_model, norm_options(options), where}, where)),
      norm2(add("norm2", LayerNorm{d_model, norm_options(options), where}, where)),
      norm3(add("norm3", LayerNorm{d_model, norm_options(options), where}, where)),
      options_(std::move(options)) {}

Tensor TransformerDecoderLayer::operator()(const Operand& tgt, const Operand& memory,
                                           const DecoderMasks& masks) const {
  const Scope scope = enter(tgt);
  const Tensor own = beside_shortcut(tgt.tensor(), norm1, options_,
                                     [&](const Tensor& x) { return self_attn(x, masks.tgt); });
  const Tensor both = beside_shortcut(own, norm2, options_, [&](const Tensor& x) {
    return multihead_attn(x, memory, memory, masks.memory);
  });
  return beside_shortcut(both, norm3, options_,
                         [&](const Tensor& x) { return two_linear_layers(*this, options_, x); });
}

TransformerEncoder::TransformerEncoder(std::int64_t num_layers, std::int64_t d_model,
                                       std::int64_t nhead, const TransformerStackOptions& options,
                                       Where where)
    : layers(add("layers", ModuleList<TransformerEncoderLayer>{}, where)) {
  check_sizes("TransformerEncoder", {{"num_layers", num_layers}}, 0, where);
  for (std::int64_t i = 0; i < num_layers; ++i)
    layers.push_back(TransformerEncoderLayer{d_model, nhead, options.layer, where}, where);
  if (options.norm) norm = add("norm", LayerNorm{d_model, norm_options(options), where}, where);
}

Tensor TransformerEncoder::operator()(const Operand& src, const AttentionMasks& masks) const {
  const Scope scope = enter(src);
  Tensor x = src.tensor();
  for (const TransformerEncoderLayer& layer : layers) x = layer(x, masks);
  return norm ? (*norm)(x) : x;
}

Tensor TransformerEncoder::forward(const Tensor& src) const {
  return (*this)(src, AttentionMasks{});
}

TransformerDecoder::TransformerDecoder(std::int64_t num_layers, std::int64_t d_model,
                                       std::int64_t nhead, const TransformerStackOptions& options,
                                       Where where)
    : layers(add("layers", ModuleList<TransformerDecoderLayer>{}, where)) {
  check_sizes("TransformerDecoder", {{"num_layers", num_layers}}, 0, where);
  for (std::int64_t i = 0; i < num_layers; ++i)
    layers.push_back(TransformerDecoderLayer{d_model, nhead, options.layer, where}, where);
  if (options.norm) norm = add("norm", LayerNorm{d_model, norm_options(options), where}, where);
}

Tensor TransformerDecoder::operator()(const Operand& tgt, const Operand& memory,
                                      const DecoderMasks& masks) const {
  const Scope scope = enter(tgt);
  Tensor x = tgt.tensor();
  for (const TransformerDecoderLayer& layer : layers) x = layer(x, memory, masks);
  return norm ? (*norm)(x) : x;
}

Transformer::Transformer(const TransformerOptions& options, Where where)
    : encoder(add("encoder",
                  TransformerEncoder{options.num_encoder_layers,
                                     options.d_model,
                                     options.nhead,
                                     {.layer = options.layer, .norm = true},
                                     where},
                  where)),
      decoder(add("decoder",
                  TransformerDecoder{options.num_decoder_layers,
                                     options.d_model,
                                     options.nhead,
                                     {.layer = options.layer, .norm = true},
                                     where},
                  where)) {
  for (const Parameter& parameter : parameters())
    if (parameter.shape().rank() > 1) parameter.set_initializer(init::xavier_uniform());
}

Tensor Transformer::operator()(const Operand& src, const Operand& tgt,
                               const TransformerMasks& masks) const {
  const Scope scope = enter(src);
  return decoder(tgt, encoder(src, masks.src), {.tgt = masks.tgt, .memory = masks.memory});
}

}  // namespace asg::nn
