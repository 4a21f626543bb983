// Text as training data: files to characters to numbers to batches.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asg/graph/array.hpp>

namespace asg::data {

/// The text of files in the order given; of a directory, that of its files in the order of their
/// names. Files that several names lead to are read once.
/// Errors   FormatError with the path: missing, unreadable, a pipe or a device, larger than memory,
///          an empty directory, no text at all.
[[nodiscard]] std::string read_text(const std::vector<std::filesystem::path>& paths);

/// A character-level tokenizer: one token for each character (Unicode code point) of a text.
class CharTokenizer {
 public:
  /// The characters of the text, in ascending order. Bytes that are no UTF-8 count as characters
  /// of their own and come back unchanged.
  explicit CharTokenizer(std::string_view text);
  /// A vocabulary that was saved, in any order.
  /// Errors   FormatError when a character is in it twice.
  explicit CharTokenizer(std::vector<std::string> vocabulary);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(vocabulary_.size()); }
  [[nodiscard]] const std::vector<std::string>& vocabulary() const { return vocabulary_; }
  /// Errors   FormatError naming the first character that the vocabulary lacks.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const;
  /// Errors   FormatError when a token is none of the vocabulary's.
  [[nodiscard]] std::string decode(const std::vector<std::int32_t>& tokens) const;

 private:
  std::vector<std::string> vocabulary_;  // sorted
};

/// Windows of a token sequence, drawn at random, as nanoGPT draws them. Batch i depends on the seed
/// and i alone, so that training can go on from any step.
class TokenBatches {
 public:
  /// Any number of tokens, also more than 32 bits can count.
  /// Errors   FormatError when there are not more than `block` tokens, which `what` names, or a
  /// size
  ///          is not positive.
  TokenBatches(std::vector<std::int32_t> tokens, std::int64_t block, std::int64_t batch,
               std::uint64_t seed, const std::string& what = "the text");
  /// Inputs and targets, i32 [batch, block]; targets are the inputs one token later.
  [[nodiscard]] std::pair<Array, Array> batch(std::int64_t index) const;

 private:
  std::vector<std::int32_t> tokens_;
  std::int64_t block_;
  std::int64_t batch_;
  std::uint64_t seed_;
};

}  // namespace asg::data
