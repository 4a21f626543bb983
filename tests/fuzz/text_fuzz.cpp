// Bytes as a text: its tokens give it back, by its own vocabulary and by one that was saved, and
// make batches or are too few.
#include <cstdint>
#include <cstdlib>

#include <asg/data/text.hpp>
#include <asg/graph/error.hpp>

#include "graph/utf8.hpp"

using namespace asg;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const data::CharTokenizer tokenizer(text);
  const auto tokens = tokenizer.encode(text);
  if (tokenizer.decode(tokens) != text) std::abort();
  if (data::CharTokenizer(tokenizer.vocabulary()).encode(text) != tokens) std::abort();
  if (!is_utf8(shown(text))) std::abort();
  const data::CharTokenizer other(text.substr(0, size / 2));
  try {
    if (other.decode(other.encode(text)) != text) std::abort();
  } catch (const FormatError&) {
  }
  try {
    const data::TokenBatches batches(tokens, 8, 2, size);
    static_cast<void>(batches.batch(static_cast<std::int64_t>(size)));
  } catch (const FormatError&) {
  }
  return 0;
}
