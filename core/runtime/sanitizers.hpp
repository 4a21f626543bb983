// Sanitizers: which of them the process runs with, and which of them a library needs.
#pragma once
#include <cstdint>
#include <string>

#include "runtime/elf.hpp"

namespace asg::loader {

/// Those whose run-time is in this process, however it came there (the program was built with it,
/// or it was loaded before everything else), as ASG_SANITIZE_*.
[[nodiscard]] std::uint32_t process_sanitizers();

/// Those that the code of a library was built with, as far as it calls them.
[[nodiscard]] std::uint32_t needed_sanitizers(const SharedLibrary& library);

/// "the address sanitizer"
[[nodiscard]] std::string sanitizer_names(std::uint32_t mask);

}  // namespace asg::loader
