// Which instructions regions may hold.
#pragma once

#include <cstdint>

#include "traits.hpp"

namespace asg::vulkan {

/// Whether there is text for an instruction whose result (operands, for comparisons) has the dtype.
bool computes(const Traits& traits, uint32_t opcode, uint32_t dtype);

}  // namespace asg::vulkan
