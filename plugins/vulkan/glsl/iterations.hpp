// How many iterations an invocation's loops run: llvmpipe ends every loop of a shader, silently,
// once they have run 65535 together, so each one says how many times it runs at most.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <utility>

namespace asg::vulkan {

/// The line that opens a loop, which ends with "}": `header` runs it at most `most` times.
/// No shader has loops that are opened otherwise; see iterations().
std::string loop(const std::string& header, uint64_t most);
/// The same with arguments for the header, as fmt has it.
template <class First, class... Rest>
std::string loop(fmt::format_string<First, Rest...> header, uint64_t most, First&& first,
                 Rest&&... rest) {
  return loop(fmt::format(header, std::forward<First>(first), std::forward<Rest>(rest)...), most);
}

/// The iterations of all loops that an invocation of a finished shader runs at most: sums of those
/// after each other, products of those inside each other, in the functions it calls, too.  Whatever
/// the conditions around them are, and with the one that finds the end, as llvmpipe counts.
/// Errors: ASG_INTERNAL for a loop that does not say how many times it runs.
uint64_t iterations(const std::string& source);

/// The shader with every loop calling `overrun`(iterations, most) when it runs more than it says.
std::string watched(std::string source, const std::string& overrun);

}  // namespace asg::vulkan
