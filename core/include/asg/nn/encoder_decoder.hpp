// Transformer encoders and decoders, with PyTorch's parameters. The batch comes first, always.
#pragma once
#include <cstdint>
#include <optional>

#include <asg/nn/attention.hpp>
#include <asg/nn/feed_forward.hpp>
#include <asg/nn/normalization.hpp>
#include <asg/nn/sequential.hpp>

namespace asg::nn {

struct TransformerLayerOptions {
  std::int64_t dim_feedforward = 2048;
  /// While training: on the attention weights, behind the activation, and on each result before it
  /// is added to its shortcut.
  double dropout = 0.1;
  Activation activation = {};  ///< relu when not given
  double layer_norm_eps = 1e-5;
  bool norm_first = false;  ///< norms before attention and linear layers, or behind their shortcuts
  bool bias = true;         ///< in linear layers and norms
  AttentionPositions positions = {};  ///< in self-attention
};

/// PyTorch's nn.TransformerEncoderLayer: self-attention and two linear layers, each with a
/// shortcut. Parameters: self_attn (a MultiheadAttention), linear1.{weight [dim_feedforward,
/// d_model],bias}, linear2.{weight [d_model, dim_feedforward],bias}, norm1.{weight,bias} and
/// norm2.{weight,bias}.
/// Shapes   src [..., T, d_model] -> as src, for any batch axes and any T.
/// Errors   as MultiheadAttention.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
class TransformerEncoderLayer : public Module {
 public:
  TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead,
                          TransformerLayerOptions options = {}, Where where = {});
  using Module::operator();
  Tensor operator()(const Operand& src, const AttentionMasks& masks) const;
  [[nodiscard]] Tensor forward(const Tensor& src) const override;

  MultiheadAttention self_attn;
  Linear linear1;
  Linear linear2;
  LayerNorm norm1;
  LayerNorm norm2;

 private:
  TransformerLayerOptions options_;
};

/// The masks of a decoder: of its own sequence, and of the memory that it reads.
struct DecoderMasks {
  AttentionMasks tgt = {};
  AttentionMasks memory = {};
};

/// PyTorch's nn.TransformerDecoderLayer: self-attention, attention to what an encoder has made, and
/// two linear layers, each with a shortcut. Parameters: those of TransformerEncoderLayer,
/// multihead_attn (a MultiheadAttention) and norm3.{weight,bias}.
/// Shapes   tgt [..., T, d_model], memory [..., S, d_model] -> as tgt, for any T and S.
/// Errors   as MultiheadAttention.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
class TransformerDecoderLayer : public Module {
 public:
  TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead,
                          TransformerLayerOptions options = {}, Where where = {});
  Tensor operator()(const Operand& tgt, const Operand& memory,
                    const DecoderMasks& masks = {}) const;

  MultiheadAttention self_attn;
  MultiheadAttention multihead_attn;
  Linear linear1;
  Linear linear2;
  LayerNorm norm1;
  LayerNorm norm2;
  LayerNorm norm3;

 private:
  TransformerLayerOptions options_;
};

struct TransformerStackOptions {
  TransformerLayerOptions layer = {};
  bool norm = false;  ///< a LayerNorm behind the last layer
};

/// Encoder layers in a row, `layers.N`, and `norm` behind them where it is asked for. The masks are
/// those of every layer.
/// Shapes   as TransformerEncoderLayer.
class TransformerEncoder : public Module {
 public:
  TransformerEncoder(std::int64_t num_layers, std::int64_t d_model, std::int64_t nhead,
                     const TransformerStackOptions& options = {}, Where where = {});
  using Module::operator();
  Tensor operator()(const Operand& src, const AttentionMasks& masks) const;
  [[nodiscard]] Tensor forward(const Tensor& src) const override;

  ModuleList<TransformerEncoderLayer> layers;
  std::optional<LayerNorm> norm;
};

/// Decoder layers in a row, named as TransformerEncoder's.
/// Shapes   as TransformerDecoderLayer.
class TransformerDecoder : public Module {
 public:
  TransformerDecoder(std::int64_t num_layers, std::int64_t d_model, std::int64_t nhead,
                     const TransformerStackOptions& options = {}, Where where = {});
  Tensor operator()(const Operand& tgt, const Operand& memory,
                    const DecoderMasks& masks = {}) const;

  ModuleList<TransformerDecoderLayer> layers;
  std::optional<LayerNorm> norm;
};

struct TransformerOptions {
  std::int64_t d_model = 512;
  std::int64_t nhead = 8;
  std::int64_t num_encoder_layers = 6;
  std::int64_t num_decoder_layers = 6;
  TransformerLayerOptions layer = {};
};

struct TransformerMasks {
  AttentionMasks src = {};
  AttentionMasks tgt = {};
  AttentionMasks memory = {};
};

/// PyTorch's nn.Transformer: an encoder, a decoder that reads what it gives, each with a norm
/// behind its layers. Parameters: `encoder` and `decoder`. Matrices begin as xavier_uniform, the
/// rest as in their layers. Embeddings, positions and the output layer are the user's.
/// Shapes   src [..., S, d_model], tgt [..., T, d_model] -> as tgt.
/// Errors   as MultiheadAttention.
/// Source   https://arxiv.org/abs/1706.03762
class Transformer : public Module {
 public:
  explicit Transformer(const TransformerOptions& options = {}, Where where = {});
  Tensor operator()(const Operand& src, const Operand& tgt,
                    const TransformerMasks& masks = {}) const;

  TransformerEncoder encoder;
  TransformerDecoder decoder;
};

}  // namespace asg::nn
