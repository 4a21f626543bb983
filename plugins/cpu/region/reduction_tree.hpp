// The fixed tree of the ABI: point i of a block of 4096 goes to lane i mod 16, lanes are joined
// pairwise, and so are the results of blocks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "region/tile_ops.hpp"
#include "rounding.hpp"

namespace asg::cpu {

inline int64_t block_count(int64_t points) { return divide_up(points, block_size); }

/// `width` reductions of one kind side by side, made by one thread block after block.
class ReductionTree {
 public:
  /// `lanes` has bytes(…).
  ReductionTree(const ReduceFns& fns, uint32_t element_size, std::byte* lanes, int64_t width)
      : fns_(fns), element_size_(element_size), lanes_(lanes), width_(width) {}

  static std::size_t bytes(uint32_t element_size, int64_t width, int64_t points);

  /// Before the first point.
  void clear() { fns_.fill(lanes_, lane_count * width_); }
  /// For width 1: n points, the first of them a lane's first.
  void add_points(const void* x, int64_t n) { fns_.accumulate(lanes_, x, n); }
  /// `n` rows of `width` elements, from row `first` on.
  void add_rows(const void* x, int64_t first, int64_t n);
  /// After the last of a block's points.
  void end_block(int64_t points) {
    fns_.fold(lanes_, width_, points < lane_count ? points : lane_count);
  }
  /// The results of the block that has ended, to memory of their own and from there.
  void save_block(std::byte* to) const;
  void load_block(const std::byte* from);
  /// Joins the results of block number `block` with those before it, and clears the lanes.
  void push(int64_t block);
  void finish(void* results, int64_t blocks);

  std::size_t row_bytes() const { return static_cast<std::size_t>(width_) * element_size_; }

 private:
  std::byte* partial(int64_t level) const {
    return lanes_ + static_cast<std::size_t>(lane_count + level) * row_bytes();
  }

  const ReduceFns& fns_;
  std::size_t element_size_;
  std::byte* lanes_;  // then a row for each level of the tree of blocks
  int64_t width_;
};

/// The lanes of all blocks of `width` reductions down the columns, which threads fill row by row,
/// each lane by one thread.
class SharedLanes {
 public:
  /// `memory` has bytes(…).
  SharedLanes(const ReduceFns& fns, uint32_t element_size, std::byte* memory, int64_t width)
      : fns_(fns), element_size_(element_size), memory_(memory), width_(width) {}

  static std::size_t bytes(uint32_t element_size, int64_t width, int64_t rows);

  void clear(int64_t block, int64_t first_lane, int64_t lanes) {
    fns_.fill(at(block, first_lane, 0), lanes * width_);
  }
  /// `rows` rows from `row` on, of `columns` columns from `column` on.
  void add(const void* x, int64_t row, int64_t rows, int64_t column, int64_t columns);
  /// The results of `columns` columns over `rows` rows.  What is in their lanes is lost.
  void finish(void* results, int64_t rows, int64_t column, int64_t columns);

 private:
  std::byte* at(int64_t block, int64_t lane, int64_t column) const {
    const int64_t element = (block * lane_count + lane) * width_ + column;
    return memory_ + static_cast<std::size_t>(element) * element_size_;
  }

  const ReduceFns& fns_;
  std::size_t element_size_;
  std::byte* memory_;
  int64_t width_;
};

}  // namespace asg::cpu
