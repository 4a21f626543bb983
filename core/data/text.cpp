#include <asg/data/text.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <asg/data/random.hpp>
#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

#include "graph/utf8.hpp"

namespace asg::data {
namespace {

// Bytes that are no UTF-8 are characters of their own.
template <class F>
void for_each_character(std::string_view text, F&& f) {
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text), 1);
    f(text.substr(0, length));
    text.remove_prefix(length);
  }
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::filesystem::path> files;
  // Not a range-based loop, whose steps throw errors of the file system.
  std::filesystem::directory_iterator entry(path, error);
  std::error_code of_entry;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    if (entry->is_regular_file(of_entry)) files.push_back(entry->path());
  if (error) throw FormatError(fmt::format("cannot read {}: {}", path.string(), error.message()));
  if (files.empty())
    throw FormatError(fmt::format("cannot read {}: the directory holds no files", path.string()));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string read_text(const std::vector<std::filesystem::path>& paths) {
  std::string text;
  std::set<std::filesystem::path> seen;
  for (const auto& path : paths)
    for (const auto& file : files_of(path)) {
      std::error_code error;
      const auto real = std::filesystem::canonical(file, error);
      if (!error && !seen.insert(real).second) continue;
      text += io::read_file(file);
    }
  if (text.empty())
    throw FormatError(
        fmt::format("{}: there is no text in it", paths.empty() ? "the data" : paths[0].string()));
  return text;
}

CharTokenizer::CharTokenizer(std::string_view text) {
  std::set<std::string_view> characters;
  for_each_character(text, [&](std::string_view c) { characters.insert(c); });
  vocabulary_.assign(characters.begin(), characters.end());
}

CharTokenizer::CharTokenizer(std::vector<std::string> vocabulary)
    : vocabulary_(std::move(vocabulary)) {
  std::sort(vocabulary_.begin(), vocabulary_.end());
  const auto again = std::adjacent_find(vocabulary_.begin(), vocabulary_.end());
  if (again != vocabulary_.end())
    throw FormatError(fmt::format("the vocabulary has the character '{}' twice", shown(*again)));
}

std::vector<std::int32_t> CharTokenizer::encode(std::string_view text) const {
  std::vector<std::int32_t> tokens;
  tokens.reserve(text.size());
  for_each_character(text, [&](std::string_view c) {
    const auto found = std::lower_bound(vocabulary_.begin(), vocabulary_.end(), c);
    if (found == vocabulary_.end() || *found != c)
      throw FormatError(
          fmt::format("the character '{}' is not in the vocabulary of {}", shown(c), size()));
    tokens.push_back(static_cast<std::int32_t>(found - vocabulary_.begin()));
  });
  return tokens;
}

std::string CharTokenizer::decode(const std::vector<std::int32_t>& tokens) const {
  std::string text;
  for (const std::int32_t token : tokens) {
    if (token < 0 || token >= size())
      throw FormatError(
          fmt::format("the token {} is not in the vocabulary of {} characters", token, size()));
    text += vocabulary_[static_cast<std::size_t>(token)];
  }
  return text;
}

TokenBatches::TokenBatches(std::vector<std::int32_t> tokens, std::int64_t block, std::int64_t batch,
                           std::uint64_t seed, const std::string& what)
    : tokens_(std::move(tokens)), block_(block), batch_(batch), seed_(seed) {
  if (block < 1 || batch < 1)
    throw FormatError(fmt::format("{} blocks of {} tokens are no batch", batch, block));
  if (std::ssize(tokens_) <= block)
    throw FormatError(
        fmt::format("{} has {} tokens; a block of {} needs at least {}: give more "
                    "text or a smaller block",
                    what, tokens_.size(), block, block + 1));
}

std::pair<Array, Array> TokenBatches::batch(std::int64_t index) const {
  Array inputs(i32, {batch_, block_}), targets(i32, {batch_, block_});
  Random random(seed_, static_cast<std::uint64_t>(index));
  const std::uint64_t starts = tokens_.size() - static_cast<std::uint64_t>(block_);
  for (std::int64_t row = 0; row < batch_; ++row) {
    const auto* from = tokens_.data() + random.below(starts);
    std::copy_n(from, block_, inputs.data<std::int32_t>() + row * block_);
    std::copy_n(from + 1, block_, targets.data<std::int32_t>() + row * block_);
  }
  return {inputs, targets};
}

}  // namespace asg::data
