// Positions: what tells attention where in a sequence a token stands.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include <asg/nn/module.hpp>

namespace asg::nn {

/// A table of sines and cosines, a constant of the graph: row t holds, for the position
/// p = offset + t, sin(p / base^(2i/features)) at 2i and the cosine of the same at 2i + 1.
/// Shapes   -> [length, features]
/// Errors   ShapeError when a size is negative.
/// Source   https://arxiv.org/abs/1706.03762, section 3.5
[[nodiscard]] Tensor sinusoidal_positions(Graph& graph, std::int64_t length, std::int64_t features,
                                          DType dtype = f32, std::int64_t offset = 0,
                                          double base = 10000, Where where = {});

/// x plus sinusoidal_positions. Has no parameters, and no longest sequence.
/// Shapes   x [..., T, features] -> as x
/// Errors   ShapeError when x does not fit.
class SinusoidalPositions : public Module {
 public:
  explicit SinusoidalPositions(std::int64_t features, double base = 10000, Where where = {});
  using Module::operator();
  /// The first row of x stands at `offset`.
  Tensor operator()(const Operand& x, std::int64_t offset) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::int64_t features_;
  double base_;
};

/// x plus the rows of a learned table. Begins as Embedding does.
/// Shapes   x [..., T, features] -> as x; weight [count, features]
/// Errors   ShapeError when x does not fit or reaches beyond the table.
class LearnedPositions : public Module {
 public:
  LearnedPositions(std::int64_t count, std::int64_t features, Where where = {});
  using Module::operator();
  /// The first row of x stands at `offset`.
  Tensor operator()(const Operand& x, std::int64_t offset) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Parameter weight;
};

struct RotaryOptions {
  double base = 10000;
  /// Which features make a pair: 2i and 2i + 1 (GPT-J), or else i and i + dim/2 (Llama, NeoX).
  bool interleaved = false;
  /// How many features are turned, the first ones; the others pass. 0: all.
  std::int64_t dim = 0;
};

/// Turns pairs of features: pair i of the row at position p by the angle p * base^(-2i/dim), so
/// that the product of a query and a key depends on their distance. Row t stands at offset + t.
/// Shapes   x [..., T, D] -> as x, for any T; with `axis` -3 [..., T, heads, D], and so on
/// Types    float
/// Errors   ShapeError when `dim` is odd or beyond D, or `axis` is the last.
/// Cost     one region, and one for the gradient; with `dim` below D also the copy of a concat. The
///          tables are constants of the graph, which all layers share.
/// Source   https://arxiv.org/abs/2104.09864
[[nodiscard]] Tensor rotary(const Operand& x, const RotaryOptions& options = {},
                            std::int64_t offset = 0, Axis axis = -2);

/// How steep the bias of each head is: 2^(-8/heads), its square, ...; where the number of heads is
/// no power of two, those of the power below and every second one of the power above.
[[nodiscard]] std::vector<double> alibi_slopes(std::int64_t heads);

/// What ALiBi adds to the scores: -slope * |query position - key position|.
/// Shapes   -> [heads, queries, keys]
/// Source   https://arxiv.org/abs/2108.12409
[[nodiscard]] Tensor alibi_bias(Graph& graph, std::int64_t heads, std::int64_t queries,
                                std::int64_t keys, DType dtype = f32, std::int64_t query_offset = 0,
                                std::int64_t key_offset = 0, Where where = {});

/// Positions inside of attention. Both may be given.
struct AttentionPositions {
  std::optional<RotaryOptions> rotary = {};  ///< turns the queries and the keys of each head
  /// Adds alibi_bias to the scores. A mask of [heads, Tq, Tk] is made of it, and of [..., heads,
  /// Tq, Tk] where there is one of keys besides.
  bool alibi = false;
};

}  // namespace asg::nn
