#include "nest.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "tile_ops.hpp"

namespace asg::cpu {

namespace {

void append(AxisList& list, const Form& form, const Group& group, uint32_t axis) {
  const int64_t dim = (group.single_axes >> axis & 1) != 0 ? 1 : form.dims[axis];
  list.axes.push_back(axis);
  list.dims.push_back(dim);
  list.count *= dim;
}

/// Some access walks the last axis in long steps and another one in steps of one element.
bool transposes(const Form& form, const Group& group) {
  if (form.rank() < 2) return false;
  const uint32_t last = form.rank() - 1;
  bool found = false;
  const auto visit = [&](const Access& access) {
    const Coefficients& c = access.element.coefficients;
    found |= std::abs(c[last]) > 8 && std::abs(c[last - 1]) == 1 && access.bounds.empty() &&
             access.index_register == 0;
  };
  for (const Pass& pass : group.passes) {
    const uint32_t first = pass.phase == 0 ? 0 : form.phases[pass.phase - 1].insts_end;
    for (uint32_t i = first; i < form.phases[pass.phase].insts_end; ++i)
      if (form.insts[i].op == ASG_EW_LOAD) visit(form.accesses[form.insts[i].a]);
    for (const uint32_t s : pass.stores) visit(form.accesses[form.stores[s].access]);
  }
  return found && form.dims[last] >= 8 && form.dims[last - 1] >= 8;
}

int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

/// Rows of a tile that holds whole ones.
int64_t rows_of_tile(const Nest& nest, int64_t tile) {
  return std::clamp<int64_t>(tile / nest.tile_low, 1, std::max<int64_t>(nest.high.count, 1));
}

Nest map_nest(const Form& form, const Group& group, int64_t tile) {
  Nest nest;
  uint32_t first_low = form.rank() == 0 ? 0 : form.rank() - 1;
  if (form.rank() > 0 && form.dims[first_low] < 64) {
    // Rows too short for a loop of their own: some axes together make a pattern that repeats.
    int64_t count = form.dims[first_low];
    while (first_low > 0 && count * form.dims[first_low - 1] <= max_pattern / 2)
      count *= form.dims[--first_low];
  }
  for (uint32_t d = 0; d < form.rank(); ++d)
    append(d >= first_low ? nest.low : nest.high, form, group, d);
  if (transposes(form, group)) {
    nest.tile_high = std::min<int64_t>(32, nest.high.count);
    nest.tile_low = std::min<int64_t>(tile / 32, nest.low.count);
  } else if (nest.low.count >= tile) {
    // Pieces of one size, so that the last one is not a few lonely elements.
    const int64_t pieces = (nest.low.count + tile - 1) / tile;
    nest.tile_low = round_up((nest.low.count + pieces - 1) / pieces, 64);
  } else {
    nest.tile_low = std::max<int64_t>(nest.low.count, 1);
    nest.tile_high = rows_of_tile(nest, tile);
  }
  return nest;
}

/// Lanes of the tree that one unit of a sweep serves: all neighbouring rows, or few enough to give
/// each thread some units, but never so few that the walk over memory becomes a string of jumps.
int64_t lanes_of_sweep(const Nest& nest, uint32_t threads) {
  const int64_t blocks = (nest.high.count + block_size - 1) / block_size;
  int64_t lanes = lane_count;
  if (threads == 1) return lanes;
  while (lanes > 1 && blocks * lane_count / lanes < int64_t{threads} * 4 &&
         lanes / 2 * nest.low.count >= 2048)
    lanes /= 2;
  return lanes;
}

Nest row_nest(const Form& form, const Group& group, int64_t tile, uint32_t threads) {
  Nest nest;
  for (uint32_t d = 0; d < form.rank(); ++d)
    append((group.axes >> d & 1) != 0 ? nest.low : nest.high, form, group, d);
  if (nest.low.count > tile) {
    nest.tile_low = tile;
    nest.single_tile = false;
  } else {
    nest.tile_low = std::max<int64_t>(nest.low.count, 1);
    nest.tile_high = rows_of_tile(nest, tile);
  }
  if (group.sweeps()) {
    nest.lanes = lanes_of_sweep(nest, threads);
    // Tiles must not cross from one unit into the next, or from one block into the next.
    const int64_t most = nest.lanes == lane_count ? block_size : nest.lanes;
    nest.tile_high =
        std::min(most, static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(nest.tile_high))));
  }
  return nest;
}

/// Low takes the kept axes from `low` on.
Nest column_nest(const Form& form, const Group& group, uint32_t low, int64_t tile,
                 uint32_t threads) {
  Nest nest;
  nest.columns = true;
  for (uint32_t d = 0; d < form.rank(); ++d)
    append((group.axes >> d & 1) != 0 ? nest.high
           : d >= low                 ? nest.low
                                      : nest.outer,
           form, group, d);
  // 16 lanes of a tile's columns should stay in the first cache, and each thread get some tiles.
  int64_t width = std::min<int64_t>(nest.low.count, 256);
  const int64_t wanted = int64_t{threads} * 2;
  if (nest.outer.count < wanted)
    width = std::min(width, round_up((nest.low.count + wanted - 1) / wanted, 32));
  nest.tile_low = std::max<int64_t>(width, 1);
  // A power of two: a tile must not cross from one block of 4096 into the next.
  int64_t rows = 1;
  while (rows * 2 * nest.tile_low <= tile && rows < block_size) rows *= 2;
  if (rows < 4) rows = 1;  // one row needs no copying into a tile
  nest.tile_high = rows;
  nest.single_tile = nest.high.count <= rows;
  return nest;
}

}  // namespace

Nest epilogue_nest(const Form& form, const Group& group, int64_t tile, bool whole_rows) {
  Nest nest;
  for (uint32_t d = 0; d < form.rank(); ++d)
    append(d + 1 == form.rank() ? nest.low : nest.high, form, group, d);
  nest.tile_low = std::clamp<int64_t>(nest.low.count, 1, tile);
  if (whole_rows && nest.low.count <= tile) nest.tile_high = tile / nest.tile_low;
  return nest;
}

Nest make_nest(const Form& form, const Group& group, int64_t tile, uint32_t threads) {
  if (!group.reduces) return map_nest(form, group, tile);
  if (walks_rows(form, group.axes)) return row_nest(form, group, tile, threads);
  uint32_t first_inner = form.rank();  // of the kept axes inside all reduced ones
  while (first_inner > 0 && (group.axes >> (first_inner - 1) & 1) == 0) --first_inner;
  return column_nest(form, group, first_inner == form.rank() ? 0 : first_inner, tile, threads);
}

}  // namespace asg::cpu
