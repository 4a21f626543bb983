// Texts of others: where their characters end, and how they are shown.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace asg {

/// Bytes of the UTF-8 character that a text begins with; 0 when it begins with none.
/// Source   The Unicode Standard, table 3-7 "Well-Formed UTF-8 Byte Sequences"
[[nodiscard]] std::size_t utf8_length(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// A text for a message: control characters, those that turn the direction of a text, and bytes
/// that are no UTF-8 as \x1b, and of a long one its beginning.
[[nodiscard]] std::string shown(std::string_view text, std::size_t most_bytes = 200);

/// A message of several lines: the same, but whole, and its lines and tabs stay.
[[nodiscard]] std::string shown_lines(std::string_view text);

}  // namespace asg
