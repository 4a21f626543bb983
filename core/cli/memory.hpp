// The memory of this machine and of this process.
#pragma once
#include <cstdint>
#include <string>

namespace asg::cli {

/// Bytes that this process may still take: what the machine has left, or its control group or
/// resource limit. 0 when nobody says.
[[nodiscard]] std::uint64_t available_memory();

/// The most memory this process had at once, since it began or since it was reset.
[[nodiscard]] std::uint64_t peak_memory();
void reset_peak_memory();

/// "1.5 GiB"
[[nodiscard]] std::string size_text(double bytes);

}  // namespace asg::cli
