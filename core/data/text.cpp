#include <asg/data/text.hpp>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <asg/data/random.hpp>
#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

namespace asg::data {
namespace {

// Length in bytes of the character that begins the text; 1 for bytes that are no UTF-8.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80             ? 1
                             : (lead & 0xe0) == 0xc0 ? 2
                             : (lead & 0xf0) == 0xe0 ? 3
                             : (lead & 0xf8) == 0xf0 ? 4
                                                     : 1;
  if (length > text.size()) return 1;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 1;
  return length;
}

template <class F>
void for_each_character(std::string_view text, F&& f) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    f(text.substr(0, length));
    text.remove_prefix(length);
  }
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::filesystem::path> files;
  std::filesystem::directory_iterator entries(path, error);
  if (error) throw FormatError(fmt::format("cannot read {}: {}", path.string(), error.message()));
  for (const auto& entry : entries)
    if (entry.is_regular_file(error)) files.push_back(entry.path());
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
}

std::vector<std::int32_t> CharTokenizer::encode(std::string_view text) const {
  std::vector<std::int32_t> tokens;
  tokens.reserve(text.size());
  for_each_character(text, [&](std::string_view c) {
    const auto found = std::lower_bound(vocabulary_.begin(), vocabulary_.end(), c);
    if (found == vocabulary_.end() || *found != c)
      throw FormatError(
          fmt::format("the character '{}' is not in the vocabulary of {}", c, size()));
    tokens.push_back(static_cast<std::int32_t>(found - vocabulary_.begin()));
  });
  return tokens;
}

std::string CharTokenizer::decode(const std::vector<std::int32_t>& tokens) const {
  std::string text;
  for (const std::int32_t token : tokens) text += vocabulary_.at(static_cast<std::size_t>(token));
  return text;
}

TokenBatches::TokenBatches(std::vector<std::int32_t> tokens, std::int64_t block, std::int64_t batch,
                           std::uint64_t seed, const std::string& what)
    : tokens_(std::move(tokens)), block_(block), batch_(batch), seed_(seed) {
  if (static_cast<std::int64_t>(tokens_.size()) <= block)
    throw FormatError(
        fmt::format("{} has {} tokens; a block of {} needs at least {}: give more "
                    "text or a smaller block",
                    what, tokens_.size(), block, block + 1));
}

std::pair<Array, Array> TokenBatches::batch(std::int64_t index) const {
  Array inputs(i32, {batch_, block_}), targets(i32, {batch_, block_});
  Random random(seed_, static_cast<std::uint64_t>(index));
  const auto starts =
      static_cast<std::uint32_t>(static_cast<std::int64_t>(tokens_.size()) - block_);
  for (std::int64_t row = 0; row < batch_; ++row) {
    const auto* from = tokens_.data() + random.below(starts);
    std::copy_n(from, block_, inputs.data<std::int32_t>() + row * block_);
    std::copy_n(from + 1, block_, targets.data<std::int32_t>() + row * block_);
  }
  return {inputs, targets};
}

}  // namespace asg::data
