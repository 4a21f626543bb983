// Sizes rounded up.
#pragma once

#include <cstddef>
#include <cstdint>

namespace asg::cpu {

constexpr int64_t divide_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit; }
constexpr int64_t round_up(int64_t n, int64_t unit) { return divide_up(n, unit) * unit; }

/// Bytes in whole cache lines, so that what follows them is aligned as vectors are.
constexpr std::size_t whole_lines(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace asg::cpu
