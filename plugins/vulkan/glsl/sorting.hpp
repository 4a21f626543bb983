// A stable merge sort of lines of keys and their positions in temporary memory.
#pragma once

#include <string>

#include "glsl/loops.hpp"

namespace asg::vulkan {

/// `lines` lines of `length` keys each (words of temporary memory), with the positions beside them.
struct SortedLines {
  uint32_t dtype;
  uint64_t lines, length;
  uint64_t keys, positions;  ///< where they begin in temporary memory

  uint64_t count() const { return lines * length; }
  uint64_t key_bytes() const;
  std::string keys_in(Shader& shader, bool writes) const;
  std::string positions_in(Shader& shader, bool writes) const;
};

SortedLines allocate_lines(const StepContext& context, StepPlan& plan, uint32_t dtype,
                           uint64_t lines, uint64_t length);

/// Sorts by merging runs of 1, 2, 4, ... elements; `before` is an expression of a and b that says
/// whether a goes first.  Returns where the result is.
SortedLines sort_lines(const StepContext& context, StepPlan& plan, SortedLines lines,
                       const std::string& before);

}  // namespace asg::vulkan
