// The GLSL of the instructions that compute a register from registers.
#pragma once

#include <cstdint>
#include <string>

#include "traits.hpp"

namespace asg::vulkan {

/// The expression; `from` is the dtype of register a.  Empty when there is none on that device.
std::string instruction(const Traits& traits, uint32_t opcode, uint32_t dtype, uint32_t from,
                        const std::string& a, const std::string& b, const std::string& c);

}  // namespace asg::vulkan
