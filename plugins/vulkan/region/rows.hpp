// Which instructions regions may hold.
#pragma once

#include <array>
#include <cstdint>

#include "traits.hpp"

namespace asg::vulkan {

/// Bit set of the instructions whose result (operands, for comparisons) has the dtype.
std::array<uint64_t, 2> instruction_row(const Traits& traits, uint32_t dtype);

}  // namespace asg::vulkan
