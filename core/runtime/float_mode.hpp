// How a thread computes with floats, which a plugin must leave as it was.
#pragma once
#include <cstdint>
#include <string_view>

namespace asg::loader {

/// Rounding, subnormal numbers and traps of the calling thread, without what has happened so far.
[[nodiscard]] std::uint32_t float_mode() noexcept;
void set_float_mode(std::uint32_t mode) noexcept;
/// What differs between two modes, for people.
[[nodiscard]] std::string_view float_mode_difference(std::uint32_t before, std::uint32_t after);

}  // namespace asg::loader
