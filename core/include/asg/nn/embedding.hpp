// Embedding: a table of vectors.
#pragma once
#include <cstdint>
#include <optional>

#include <asg/nn/module.hpp>

namespace asg::nn {

struct EmbeddingOptions {
  std::optional<Initializer> weight_init = {};  ///< normal(0, 1) when not given, as in PyTorch
  /// A row that stands for nothing: it begins with zeros and has no gradient, so that training
  /// leaves it alone but for weight decay. -1 is the last.
  std::optional<std::int64_t> padding_idx = {};
};

/// The rows of a table that indices name. PyTorch's max_norm, which shortens rows of the table
/// while they are read, is not here: all reads of a program see what a variable held before it.
/// Shapes   indices [...] -> [..., width]; weight [count, width].
/// Types    indices i32 or i64.
/// Errors   ShapeError when a size is negative or padding_idx is no row; TypeError when the indices
/// are no integers. An
///          index outside of 0..count-1 is a DeviceError when the program runs.
class Embedding : public Module {
 public:
  Embedding(std::int64_t count, std::int64_t width, EmbeddingOptions options = {},
            Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& indices) const override;

  Parameter weight;

 private:
  std::optional<std::int64_t> padding_idx_;
};

}  // namespace asg::nn
