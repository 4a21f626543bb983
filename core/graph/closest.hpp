// What a misspelt word may have meant.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace asg {

/// The known word that is most like the one given, by the number of letters to change, add or leave
/// out; "" when none is near.
[[nodiscard]] std::string closest(std::string_view wanted, std::span<const std::string> known);

}  // namespace asg
