#include "region/units.hpp"

#include <algorithm>

#include "region/reduction_tree.hpp"

namespace asg::cpu {

namespace {

constexpr int64_t origin[ASG_MAX_RANK] = {};

ReductionTree tree_of(const Frame& frame, const TapeReduction& r, const Strip& strip) {
  return {*r.fns, r.element_size, frame.scratch() + r.lanes, strip.width};
}

SharedLanes lanes_of(const Frame& frame, const TapeReduction& r) {
  return {*r.fns, r.element_size, frame.partials() + r.lanes, frame.tape().tiling.low.count};
}

void add_across(const Frame& frame, const TapeSweep& sweep, const Tile& tile) {
  for (const TapeReduction& r : sweep.reductions)
    lanes_of(frame, r).add(frame.at(r.source), tile.high, tile.n_high, tile.low, tile.n_low);
}

/// Runs a sweep on the strip's tiles from point `begin` to `end` of what is reduced; after each,
/// add(tile).
template <class Add>
void run_tiles(Frame& frame, const TapeSweep& sweep, const Strip& strip, int64_t begin, int64_t end,
               const Add& add) {
  const Tiling& tiling = frame.tape().tiling;
  const int64_t step = tiling.columns ? tiling.tile_high : tiling.tile_low;
  for (int64_t at = begin; at < end; at += step) {
    const int64_t n = std::min(step, end - at);
    const Tile tile = tiling.columns ? Tile{at, n, strip.first, strip.width, strip.outer}
                                     : Tile{strip.first, 1, at, n, strip.outer};
    frame.run_sweep(sweep, tile);
    add(tile);
  }
}

void add_block(Frame& frame, const TapeSweep& sweep, const Strip& strip, int64_t block) {
  const Tiling& tiling = frame.tape().tiling;
  const int64_t begin = block * block_size, end = std::min(tiling.reduced(), begin + block_size);
  run_tiles(frame, sweep, strip, begin, end, [&](const Tile& tile) {
    for (const TapeReduction& r : sweep.reductions) {
      if (tiling.columns)
        tree_of(frame, r, strip).add_rows(frame.at(r.source), tile.high, tile.n_high);
      else
        tree_of(frame, r, strip).add_points(frame.at(r.source), tile.n_low);
    }
  });
  for (const TapeReduction& r : sweep.reductions) tree_of(frame, r, strip).end_block(end - begin);
}

void clear(const Frame& frame, const TapeSweep& sweep, const Strip& strip) {
  for (const TapeReduction& r : sweep.reductions) tree_of(frame, r, strip).clear();
}

void finish(Frame& frame, const TapeSweep& sweep, const Strip& strip) {
  const Tiling& tiling = frame.tape().tiling;
  for (const TapeReduction& r : sweep.reductions)
    tree_of(frame, r, strip).finish(frame.at(r.result), block_count(tiling.reduced()));
  frame.store_results(sweep, tiling.columns ? Tile{0, 1, strip.first, strip.width, strip.outer}
                                            : Tile{strip.first, 1, 0, 1, strip.outer});
}

}  // namespace

void run_tile(Frame& frame, const Tile& tile) {
  for (const TapeSweep& sweep : frame.tape().sweeps) {
    frame.run_sweep(sweep, tile);
    if (sweep.across) {
      add_across(frame, sweep, tile);
      continue;
    }
    for (const TapeReduction& r : sweep.reductions)
      r.fns->rows(frame.at(r.result), frame.at(r.source), tile.n_high, tile.n_low);
    frame.store_results(sweep, Tile{tile.high, tile.n_high, 0, 1, tile.outer});
  }
}

void run_strip(Frame& frame, const Strip& strip) {
  const int64_t points = frame.tape().tiling.reduced();
  for (const TapeSweep& sweep : frame.tape().sweeps) {
    if (sweep.across) {
      run_tiles(frame, sweep, strip, 0, points,
                [&](const Tile& tile) { add_across(frame, sweep, tile); });
      continue;
    }
    clear(frame, sweep, strip);
    for (int64_t block = 0; block < block_count(points); ++block) {
      add_block(frame, sweep, strip, block);
      for (const TapeReduction& r : sweep.reductions) tree_of(frame, r, strip).push(block);
    }
    finish(frame, sweep, strip);
  }
}

void run_block(Frame& frame, const Strip& strip, int64_t block, std::byte* partials) {
  const TapeSweep& sweep = frame.tape().sweeps[0];
  clear(frame, sweep, strip);
  add_block(frame, sweep, strip, block);
  for (const TapeReduction& r : sweep.reductions) {
    const ReductionTree tree = tree_of(frame, r, strip);
    tree.save_block(partials);
    partials += tree.row_bytes();
  }
}

void join_blocks(Frame& frame, const Strip& strip, const std::byte* partials, std::size_t stride) {
  const TapeSweep& sweep = frame.tape().sweeps[0];
  const int64_t blocks = block_count(frame.tape().tiling.reduced());
  for (int64_t block = 0; block < blocks; ++block, partials += stride) {
    const std::byte* from = partials;
    for (const TapeReduction& r : sweep.reductions) {
      ReductionTree tree = tree_of(frame, r, strip);
      tree.load_block(from);
      tree.push(block);
      from += tree.row_bytes();
    }
  }
  finish(frame, sweep, strip);
}

void run_lanes(Frame& frame, int64_t unit) {
  const Tape& tape = frame.tape();
  const Tiling& tiling = tape.tiling;
  const int64_t parts = lane_count / tiling.lanes;
  const int64_t block = unit / parts, first_lane = unit % parts * tiling.lanes;
  for (const TapeSweep& sweep : tape.sweeps)
    for (const TapeReduction& r : sweep.reductions)
      if (sweep.across) lanes_of(frame, r).clear(block, first_lane, tiling.lanes);
  const int64_t end = std::min(tiling.high.count, (block + 1) * block_size);
  // The rows of all lanes follow each other; those of some lanes come in runs, 16 rows apart.
  const int64_t rows = parts == 1 ? block_size : tiling.lanes;
  const int64_t step = parts == 1 ? block_size : lane_count;
  for (int64_t first = block * block_size + first_lane; first < end; first += step) {
    const int64_t last = std::min(first + rows, end);
    for (int64_t high = first; high < last; high += tiling.tile_high) {
      if (tiling.single_tile)
        run_tile(frame,
                 {high, std::min(tiling.tile_high, last - high), 0, tiling.low.count, origin});
      else
        run_strip(frame, {high, 1, origin});
    }
  }
}

void join_lanes(Frame& frame, int64_t column, int64_t columns) {
  // Results of different sweeps may share their place: each is stored before the next is made.
  for (const TapeSweep& sweep : frame.tape().sweeps) {
    if (!sweep.across) continue;
    for (const TapeReduction& r : sweep.reductions)
      lanes_of(frame, r).finish(frame.at(r.result), frame.tape().tiling.high.count, column,
                                columns);
    frame.store_results(sweep, {0, 1, column, columns, origin});
  }
}

}  // namespace asg::cpu
