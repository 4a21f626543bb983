// How a nest walks its domain: which axes a tile spans and how large it is.
#pragma once

#include <cstdint>
#include <vector>

#include "region/nests.hpp"
#include "rounding.hpp"

namespace asg::cpu {

/// Low points whose places in memory may be kept in a table.
inline constexpr int64_t max_pattern = 4096;

struct AxisList {
  std::vector<uint32_t> axes;
  std::vector<int64_t> dims;
  int64_t count = 1;
};

/// The domain as outer x high x low points; a tile is `tile_high` x `tile_low` neighbouring points
/// of high and low at one outer point, low running fastest.
///
/// By rows, low holds the reduced axes: a tile is some whole rows, or a piece of one.  By columns,
/// high holds the reduced axes and low one kept axis: a tile is some rows of neighbouring columns,
/// and reductions add whole rows.
struct Tiling {
  bool columns = false;
  AxisList outer, high, low;
  int64_t tile_high = 1;
  int64_t tile_low = 1;
  /// All points that one result depends on lie in one tile, so registers outlive their sweep.
  bool single_tile = true;
  /// By rows, with reductions across: the lanes of the reduction tree
  /// that one thread serves at a time; 0 where there is no such thing.
  int64_t lanes = 0;

  int64_t low_tiles() const { return divide_up(low.count, tile_low); }
  int64_t high_tiles() const { return divide_up(high.count, tile_high); }
  int64_t reduced() const { return columns ? high.count : low.count; }
};

/// `tile` is the wanted number of points in a tile, a power of two from 256 to 4096.
Tiling make_tiling(const Form& form, const Nest& nest, int64_t tile, uint32_t threads);

/// For an epilogue: low is the last axis.  A tile is a piece of a row, or with `whole_rows` some
/// whole ones if they are short.
Tiling epilogue_tiling(const Form& form, const Nest& nest, int64_t tile, bool whole_rows);

}  // namespace asg::cpu
