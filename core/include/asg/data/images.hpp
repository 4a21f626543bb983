// Labelled images: digits drawn by asg itself, or MNIST's files.
#pragma once
#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include <asg/graph/array.hpp>

namespace asg::data {

/// Images f32 [N, 1, H, W] in [0, 1] and labels i32 [N].
struct LabelledImages {
  Array images;
  Array labels;
};

/// Draws `count` digits of 28 x 28 pixels: shifted, scaled, slanted, blurred and noisy by the seed.
[[nodiscard]] LabelledImages glyphs(std::int64_t count, std::uint64_t seed);

/// Reads a folder with MNIST's files: train-images-idx3-ubyte and train-labels-idx1-ubyte, or the
/// t10k ones, uncompressed.
/// Errors   FormatError with the file and the reason: missing, no regular file, cut off, not IDX,
///          images that are not 28 x 28, labels beyond 9, other counts. The headers are judged
///          before anything is read.
/// Source   http://yann.lecun.com/exdb/mnist, "the IDX file format"
[[nodiscard]] LabelledImages load_mnist(const std::filesystem::path& folder, bool train);

/// Batches drawn without replacement, reshuffled each epoch; an incomplete last batch is left out.
/// Batch i depends on the seed and i alone, so that training can go on from any step.
class ImageBatches {
 public:
  /// Errors   FormatError when there are fewer images than a batch holds, or not as many labels.
  ImageBatches(LabelledImages data, std::int64_t batch, std::uint64_t seed);
  /// Images f32 [batch, 1, H, W], labels i32 [batch].
  /// Errors   FormatError when the index is negative.
  [[nodiscard]] LabelledImages batch(std::int64_t index);
  [[nodiscard]] std::int64_t batches_per_epoch() const;

 private:
  void shuffle(std::int64_t epoch);
  LabelledImages data_;
  std::int64_t batch_;
  std::uint64_t seed_;
  std::int64_t epoch_ = -1;  // that order_ is of
  std::vector<std::int64_t> order_;
};

}  // namespace asg::data
