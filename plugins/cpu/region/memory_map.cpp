#include "region/memory_map.hpp"

namespace asg::cpu {

namespace {

Walk make_walk(const AxisList& list, const Coefficients& coefficients, bool join) {
  Walk walk;
  for (std::size_t k = 0; k < list.axes.size(); ++k) {
    const int64_t dim = list.dims[k], stride = coefficients[list.axes[k]];
    if (dim == 1 && join) continue;
    if (join && walk.rank > 0 && walk.strides[walk.rank - 1] == stride * dim) {
      walk.dims[walk.rank - 1] *= dim;
      walk.strides[walk.rank - 1] = stride;
    } else {
      walk.dims[walk.rank] = dim;
      walk.strides[walk.rank++] = stride;
    }
  }
  return walk;
}

Coefficients pick(const AxisList& list, const Coefficients& coefficients) {
  Coefficients result{};
  for (std::size_t k = 0; k < list.axes.size(); ++k) result[k] = coefficients[list.axes[k]];
  return result;
}

bool any_moves(const AxisList& list, const Coefficients& coefficients) {
  for (std::size_t k = 0; k < list.axes.size(); ++k)
    if (list.dims[k] != 1 && coefficients[list.axes[k]] != 0) return true;
  return false;
}

/// Fills in the pattern where it is the better way to walk.
void make_pattern(const Tiling& tiling, MemoryMap& map) {
  const Walk& low = map.low;
  const bool bounded = !map.bounds.empty();
  if ((map.varies & vary_low) == 0 || tiling.low.count > max_pattern || low.rank < 2 ||
      low.dims[low.rank - 1] >= (bounded ? 64 : 16))
    return;
  for (const BoundMap& bound : map.bounds) {
    for (uint32_t k = 0; k < map.outer_rank; ++k)
      if (bound.outer[k] != 0) return;
    for (uint32_t k = 0; k < map.high.rank; ++k)
      if (bound.high[k] != 0 && map.high.dims[k] != 1) return;
  }
  std::vector<int32_t> pattern;
  for (int64_t i = 0; i < tiling.low.count; ++i) {
    int64_t at[ASG_MAX_RANK];
    low.locate(i, at);
    bool inside = true;
    for (const BoundMap& bound : map.bounds) {
      const int64_t position = bound.base + dot(bound.low, at, low.rank);
      inside &= position >= 0 && position < bound.extent;
    }
    const int64_t offset = dot(low.strides, at, low.rank);
    if (offset <= INT32_MIN || offset > INT32_MAX) return;
    pattern.push_back(inside ? static_cast<int32_t>(offset) : MemoryMap::outside);
  }
  map.pattern = std::move(pattern);
}

/// Notes where a position moves that the map depends on.
void note_moves(const Tiling& tiling, const Coefficients& c, MemoryMap& map) {
  const bool high = any_moves(tiling.high, c), low = any_moves(tiling.low, c);
  if (tiling.tile_high > 1 && high) map.varies |= vary_high;
  if (tiling.tile_low > 1 && low) map.varies |= vary_low;
  map.varies_outer |= high || low || any_moves(tiling.outer, c);
}

void add_bound(const Tiling& tiling, const Bound& bound, MemoryMap& map) {
  const Coefficients& c = bound.position.coefficients;
  note_moves(tiling, c, map);
  map.bounds.push_back({bound.position.base, bound.extent, pick(tiling.outer, c),
                        pick(tiling.high, c), pick(tiling.low, c)});
}

/// Few of them share a cache line with their neighbours.
bool has_long_runs(const MemoryMap& map) {
  constexpr int64_t long_run = 256;  // bytes
  const uint32_t last = map.low.rank - 1;
  return map.low.rank > 0 && map.low.strides[last] == 1 &&
         map.low.dims[last] * map.element_size >= long_run && map.pattern.empty();
}

int64_t bytes_ahead(const Tiling& tiling, const MemoryMap& map) {
  // What fits into the second cache is not waited for.
  constexpr int64_t second_cache = int64_t{1} << 18;
  if (!map.straight || map.place != Access::Place::value ||
      tiling.high.count * tiling.low.count <= second_cache)
    return 0;
  const int64_t step = tiling.tile_low < tiling.low.count ? tiling.tile_low * map.low.strides[0]
                                                          : tiling.tile_high * map.high.strides[0];
  return step * map.element_size;
}

}  // namespace

bool MemoryMap::dense(const Tiling& tiling) const {
  if (!plain()) return false;
  const auto unit = [](const Walk& walk) { return walk.rank == 1 && walk.strides[0] == 1; };
  if (varies == 0) return true;
  if (varies == vary_low) return unit(low);
  if (varies == vary_high) return unit(high);
  return unit(low) && high.rank == 1 && high.strides[0] == tiling.low.count &&
         tiling.tile_low == tiling.low.count;
}

int64_t MemoryMap::offset(const Tile& tile) const {
  // Strides of axes that are not there are 0.
  if (straight) return base + tile.high * high.strides[0] + tile.low * low.strides[0];
  int64_t at[ASG_MAX_RANK];
  int64_t result = base + dot(outer, tile.outer, outer_rank);
  high.locate(tile.high, at);
  result += dot(high.strides, at, high.rank);
  low.locate(tile.low, at);
  return result + dot(low.strides, at, low.rank);
}

MemoryMap make_map(const Tiling& tiling, const Access& access) {
  const Coefficients& element = access.element.coefficients;
  MemoryMap map;
  map.place = access.place;
  map.index = access.index;
  map.element_size = sdk::dtype_size(access.dtype);
  map.base = access.element.base;
  map.outer_rank = static_cast<uint32_t>(tiling.outer.axes.size());
  map.outer = pick(tiling.outer, element);
  const bool join = access.bounds.empty() && access.first_axes == 0;
  map.high = make_walk(tiling.high, element, join);
  map.low = make_walk(tiling.low, element, join);
  map.fill = access.fill;
  note_moves(tiling, element, map);
  for (const Bound& bound : access.bounds) add_bound(tiling, bound, map);
  for (uint32_t d = 0; d < ASG_MAX_RANK; ++d) {
    if ((access.first_axes >> d & 1) == 0) continue;
    Bound first{{}, 1};
    first.position.coefficients[d] = 1;
    add_bound(tiling, first, map);
  }
  make_pattern(tiling, map);
  map.streamed = access.streamed && has_long_runs(map);
  map.straight = map.outer_rank == 0 && map.high.rank <= 1 && map.low.rank <= 1;
  map.ahead = bytes_ahead(tiling, map);
  return map;
}

}  // namespace asg::cpu
