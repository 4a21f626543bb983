// The file of --log when a run goes on.
#pragma once
#include <cstdint>
#include <filesystem>

namespace asg::cli {

/// Removes from a log what was written of `first` and later steps, which come again, and a last
/// line that was cut off. Lines that are not asg's stay. What is no file stays as it is. Errors
/// FormatError, WriteError when it cannot be read or replaced.
void forget_steps_from(std::int64_t first, const std::filesystem::path& log);

}  // namespace asg::cli
