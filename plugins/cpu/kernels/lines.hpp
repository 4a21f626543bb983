// Kernels along one axis: the other axes give independent lines.
#pragma once

#include "kernel.hpp"
#include "loop.hpp"

namespace asg::cpu {

/// Lines along an axis of N operands, with the work on them.  Neighbouring lines whose elements
/// lie side by side in memory are walked together, `across` of them at a time.
template <std::size_t N>
struct Lines {
  Loop<N> others;
  int64_t length = 0;
  std::array<int64_t, N> strides{};

  static constexpr int64_t across = 64;

  /// True when a step to the next line is shorter than one along the line, or when lines are so
  /// short that many at a time are the better loop.
  bool side_by_side() const {
    if (others.rank() == 0 || others.inner_size() < 8) return false;
    if (length <= 16) return true;
    const int64_t step = others.inner_stride(0), along = strides[0];
    return (step < 0 ? -step : step) < (along < 0 ? -along : along);
  }
};

}  // namespace asg::cpu
