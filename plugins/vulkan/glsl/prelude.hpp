// What generated shaders start with: extensions, and functions that GLSL lacks or computes with too
// few correct digits.
#pragma once

#include <string>

#include "traits.hpp"

namespace asg::vulkan {

/// Extensions and float controls.
std::string prelude_header(const Traits& traits);
/// The functions that `text` calls and those that these call, in order.
std::string prelude_functions(const Traits& traits, const std::string& text);

}  // namespace asg::vulkan
