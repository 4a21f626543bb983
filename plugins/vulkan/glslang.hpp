// GLSL to SPIR-V, in this process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace asg::vulkan {

/// Compiles a compute shader for Vulkan 1.2.  Threads: any.
/// Errors: ASG_COMPILE_FAILED with the compiler's words.
std::vector<uint32_t> compile_glsl(const std::string& source);

/// Which compiler this is; part of the keys of what it compiled.
std::string glslang_version();

}  // namespace asg::vulkan
