// What models are trained and validated on.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include <nlohmann/json.hpp>

#include <asg/runtime/compile.hpp>

#include "cli/model.hpp"

namespace asg::cli {

enum class Split : std::uint64_t { train = 1, train_evaluation = 2, validation = 3 };

/// Seeds from here on would draw what smaller ones do: each split has one of its own.
constexpr std::uint64_t most_of_a_seed = (std::uint64_t{1} << 62) - 1;

/// Batches of a split by number: the same number gives the same batch in every run.
using Batches = std::function<std::vector<Argument>(Split, std::int64_t)>;

struct TextBatches {
  Batches batches;
  std::vector<std::string> vocabulary;
  std::int64_t training = 0;    ///< characters
  std::int64_t validation = 0;  ///< characters
};

/// Nine tenths to train on, the rest to validate; the vocabulary is that of the whole text. Without
/// paths it is the licences that are on every Debian.
/// Errors   FormatError when there is no text or too little of it.
[[nodiscard]] TextBatches text_batches(std::vector<std::filesystem::path> paths,
                                       const ModelFlags& model, std::uint64_t seed);

/// How many characters the text of text_batches has.
/// Errors   FormatError when there is no text.
[[nodiscard]] std::int64_t vocabulary_size(std::vector<std::filesystem::path> paths);

/// Images and labels of MNIST's files, or of digits drawn by asg where no folder is given.
/// Errors   UsageError when there are several folders, FormatError for their files.
[[nodiscard]] Batches image_batches(const std::vector<std::filesystem::path>& folders,
                                    const ModelFlags& model, std::uint64_t seed);

/// The same batch always, uniform in [-1, 1).
[[nodiscard]] Batches noise_batches(const TensorType& type, std::uint64_t seed);

}  // namespace asg::cli
