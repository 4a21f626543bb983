#include "region/tiling.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "region/reduction_tree.hpp"

namespace asg::cpu {

namespace {

void append(AxisList& list, const Form& form, const Nest& nest, uint32_t axis) {
  const int64_t dim = (nest.single_axes >> axis & 1) != 0 ? 1 : form.dims[axis];
  list.axes.push_back(axis);
  list.dims.push_back(dim);
  list.count *= dim;
}

/// Some access walks the last axis in long steps and another one in steps of one element.
bool transposes(const Form& form, const Nest& nest) {
  if (form.rank() < 2) return false;
  const uint32_t last = form.rank() - 1;
  bool found = false;
  const auto visit = [&](const Access& access) {
    const Coefficients& c = access.element.coefficients;
    found |= std::abs(c[last]) > 8 && std::abs(c[last - 1]) == 1 && access.bounds.empty();
  };
  for (const Sweep& sweep : nest.sweeps) {
    const uint32_t begin = form.begin_of(sweep.phase).insts_end;
    for (uint32_t i = begin; i < form.phases[sweep.phase].insts_end; ++i)
      if (form.insts[i].op == ASG_EW_LOAD) visit(form.accesses[form.insts[i].a]);
    for (const uint32_t s : sweep.stores) visit(form.accesses[form.stores[s].access]);
  }
  return found && form.dims[last] >= 8 && form.dims[last - 1] >= 8;
}

/// Rows of a tile that holds whole ones.
int64_t rows_of_tile(const Tiling& tiling, int64_t tile) {
  return std::clamp<int64_t>(tile / tiling.tile_low, 1, std::max<int64_t>(tiling.high.count, 1));
}

Tiling map_tiling(const Form& form, const Nest& nest, int64_t tile) {
  Tiling tiling;
  uint32_t first_low = form.rank() == 0 ? 0 : form.rank() - 1;
  if (form.rank() > 0 && form.dims[first_low] < 64) {
    // Rows too short for a loop of their own: some axes together make a pattern that repeats.
    int64_t count = form.dims[first_low];
    while (first_low > 0 && count * form.dims[first_low - 1] <= max_pattern / 2)
      count *= form.dims[--first_low];
  }
  for (uint32_t d = 0; d < form.rank(); ++d)
    append(d >= first_low ? tiling.low : tiling.high, form, nest, d);
  if (transposes(form, nest)) {
    tiling.tile_high = std::min<int64_t>(32, tiling.high.count);
    tiling.tile_low = std::min<int64_t>(tile / 32, tiling.low.count);
  } else if (tiling.low.count >= tile) {
    // Pieces of one size, so that the last one is not a few lonely elements.
    tiling.tile_low = round_up(divide_up(tiling.low.count, divide_up(tiling.low.count, tile)), 64);
  } else {
    tiling.tile_low = std::max<int64_t>(tiling.low.count, 1);
    tiling.tile_high = rows_of_tile(tiling, tile);
  }
  return tiling;
}

/// Lanes of the tree that one unit serves: all neighbouring rows, or few enough to give
/// each thread some units, but never so few that the walk over memory becomes a string of jumps.
int64_t lanes_of_unit(const Tiling& tiling, uint32_t threads) {
  const int64_t blocks = block_count(tiling.high.count);
  int64_t lanes = lane_count;
  if (threads == 1) return lanes;
  while (lanes > 1 && blocks * lane_count / lanes < int64_t{threads} * 4 &&
         lanes / 2 * tiling.low.count >= 2048)
    lanes /= 2;
  return lanes;
}

Tiling row_tiling(const Form& form, const Nest& nest, int64_t tile, uint32_t threads) {
  Tiling tiling;
  for (uint32_t d = 0; d < form.rank(); ++d)
    append((nest.axes >> d & 1) != 0 ? tiling.low : tiling.high, form, nest, d);
  if (tiling.low.count > tile) {
    tiling.tile_low = tile;
    tiling.single_tile = false;
  } else {
    tiling.tile_low = std::max<int64_t>(tiling.low.count, 1);
    tiling.tile_high = rows_of_tile(tiling, tile);
  }
  if (nest.goes_across()) {
    tiling.lanes = lanes_of_unit(tiling, threads);
    // Tiles must not cross from one unit into the next, or from one block into the next.
    const int64_t most = tiling.lanes == lane_count ? block_size : tiling.lanes;
    tiling.tile_high = std::min(
        most, static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(tiling.tile_high))));
  }
  return tiling;
}

/// Low takes the kept axes from `low` on.
Tiling column_tiling(const Form& form, const Nest& nest, uint32_t low, int64_t tile,
                     uint32_t threads) {
  Tiling tiling;
  tiling.columns = true;
  for (uint32_t d = 0; d < form.rank(); ++d)
    append((nest.axes >> d & 1) != 0 ? tiling.high
           : d >= low                ? tiling.low
                                     : tiling.outer,
           form, nest, d);
  // 16 lanes of a tile's columns should stay in the first cache, and each thread get some tiles.
  int64_t width = std::min<int64_t>(tiling.low.count, 256);
  const int64_t wanted = int64_t{threads} * 2;
  if (tiling.outer.count < wanted)
    width = std::min(width, round_up(divide_up(tiling.low.count, wanted), 32));
  tiling.tile_low = std::max<int64_t>(width, 1);
  // A power of two: a tile must not cross from one block of 4096 into the next.
  int64_t rows = 1;
  while (rows * 2 * tiling.tile_low <= tile && rows < block_size) rows *= 2;
  if (rows < 4) rows = 1;  // one row needs no copying into a tile
  tiling.tile_high = rows;
  tiling.single_tile = tiling.high.count <= rows;
  return tiling;
}

}  // namespace

Tiling epilogue_tiling(const Form& form, const Nest& nest, int64_t tile, bool whole_rows) {
  Tiling tiling;
  for (uint32_t d = 0; d < form.rank(); ++d)
    append(d + 1 == form.rank() ? tiling.low : tiling.high, form, nest, d);
  tiling.tile_low = std::clamp<int64_t>(tiling.low.count, 1, tile);
  if (whole_rows && tiling.low.count <= tile) tiling.tile_high = tile / tiling.tile_low;
  return tiling;
}

Tiling make_tiling(const Form& form, const Nest& nest, int64_t tile, uint32_t threads) {
  if (!nest.reduces) return map_tiling(form, nest, tile);
  if (walks_rows(form, nest.axes)) return row_tiling(form, nest, tile, threads);
  uint32_t first_inner = form.rank();  // of the kept axes inside all reduced ones
  while (first_inner > 0 && (nest.axes >> (first_inner - 1) & 1) == 0) --first_inner;
  return column_tiling(form, nest, first_inner == form.rank() ? 0 : first_inner, tile, threads);
}

}  // namespace asg::cpu
