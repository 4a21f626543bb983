// Placing buffers in the arena, and finding which steps may run together. Internal to the passes.
#pragma once
#include <vector>

#include <asg/passes/program.hpp>

namespace asg {

/// A buffer before and after planning: alive from step `first` to step `last`.
struct PlannedBuffer {
  std::uint64_t bytes = 0;
  std::uint32_t slot = 0;    ///< 0: the arena
  std::uint64_t offset = 0;  ///< in the arena
  int first = -1;
  int last = -1;
};

/// Gives every arena buffer an offset such that buffers alive at once do not overlap, and turns
/// the buffer numbers in Placed::slot into slots.
void plan_arena(Program& program, std::vector<PlannedBuffer>& buffers, std::uint64_t alignment);

/// Numbers the stages: within one, no write overlaps any other access.
void assign_stages(Program& program);

}  // namespace asg
