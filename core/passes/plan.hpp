// Placing buffers in the arena, and finding which steps may run together. Internal to the passes.
#pragma once
#include <string>
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
  int same_as = -1;  ///< the buffer whose place it takes, because that one is read no more
  std::string name = {};
  std::string origin = {};
};

/// Lets results take the place of operands that are read for the last time by the same step, where
/// every point is read before it is written.
void share_places(const Program& program, std::vector<PlannedBuffer>& buffers);

/// Gives every arena buffer an offset such that buffers alive at once do not overlap, and turns
/// the buffer numbers in Placed::slot into slots. The smallest of several plans is taken.
/// Adds to `visits` how many buffers it looks at.
void plan_arena(Program& program, std::vector<PlannedBuffer>& buffers, std::uint64_t alignment,
                std::int64_t& visits);

/// Numbers the stages: within one, no write overlaps any other access. Adds to `visits` how many
/// accesses it looks at.
void assign_stages(Program& program, std::int64_t& visits);

}  // namespace asg
