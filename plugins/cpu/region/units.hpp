// The units of work that a tape is cut into: each is all sweeps, on one part of the domain.
#pragma once

#include <cstddef>
#include <cstdint>

#include "region/frame.hpp"

namespace asg::cpu {

/// The points that some results depend on where a tile does not hold them: those of one row, or of
/// some columns.
struct Strip {
  int64_t first, width;  // rows or columns
  const int64_t* outer;
};

/// A tile with all points of its results, or of a nest without reductions.
void run_tile(Frame& frame, const Tile& tile);

void run_strip(Frame& frame, const Strip& strip);

/// One block of the reductions of a strip, of a tape with one sweep.  The results go to `partials`,
/// one after the other.
void run_block(Frame& frame, const Strip& strip, int64_t block, std::byte* partials);
/// What is done when that is done for all blocks; from one block's results to the next are `stride`
/// bytes.
void join_blocks(Frame& frame, const Strip& strip, const std::byte* partials, std::size_t stride);

/// Rows of Tiling::lanes lanes of a block, which add to the reductions across: there are
/// lane_count / lanes such units for each block.
void run_lanes(Frame& frame, int64_t unit);
/// What is done when all these are: the results of the reductions across for some columns.
void join_lanes(Frame& frame, int64_t column, int64_t columns);

}  // namespace asg::cpu
