// A stable merge sort of lines of keys and their positions in temporary memory.
#pragma once

#include <string>

#include "glsl/loops.hpp"

namespace asg::vulkan {

/// `lines` lines of `length` keys each, with their positions beside them.
struct SortedLines {
  uint64_t lines, length;
  Temporary keys, positions;

  uint64_t count() const { return lines * length; }
};

SortedLines allocate_lines(StepPlan& plan, uint32_t dtype, uint64_t lines, uint64_t length);

/// Sorts by merging runs of 1, 2, 4, ... elements; `before` is an expression of a and b that says
/// whether a goes first.  Returns where the result is.
SortedLines sort_lines(const StepContext& context, StepPlan& plan, SortedLines lines,
                       const std::string& before);

}  // namespace asg::vulkan
