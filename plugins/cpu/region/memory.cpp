#include "memory.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <type_traits>

#include <asg/sdk/error.hpp>

#include "tile_ops.hpp"

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

/// Coordinates of point `number` on the walk.
void locate(const Walk& walk, int64_t number, int64_t* coordinates) {
  for (uint32_t k = walk.rank; k-- > 0;) {
    if (k == 0) {
      coordinates[0] = number;
    } else {
      coordinates[k] = number % walk.dims[k];
      number /= walk.dims[k];
    }
  }
}
int64_t dot(const Coefficients& coefficients, const int64_t* coordinates, uint32_t rank) {
  int64_t sum = 0;
  for (uint32_t k = 0; k < rank; ++k) sum += coefficients[k] * coordinates[k];
  return sum;
}
/// To the next point on all axes but the last `skip`; `offset` follows.
void advance(const Walk& walk, int64_t* coordinates, uint32_t skip, int64_t& offset) {
  for (uint32_t k = walk.rank - skip; k-- > 0;) {
    offset += walk.strides[k];
    if (++coordinates[k] < walk.dims[k] || k == 0) return;
    offset -= walk.dims[k] * walk.strides[k];
    coordinates[k] = 0;
  }
}

/// Most runs are shorter than what calling memcpy pays for.  Pieces overlap at the end.
template <class U>
void copy_run(U* to, const U* from, int64_t count) {
  const auto pieces = [&](auto bytes) {
    constexpr int64_t piece = decltype(bytes)::value / static_cast<int64_t>(sizeof(U));
    for (int64_t i = 0; i + piece <= count; i += piece)
      std::memcpy(to + i, from + i, decltype(bytes)::value);
    std::memcpy(to + count - piece, from + count - piece, decltype(bytes)::value);
  };
  const int64_t bytes = count * static_cast<int64_t>(sizeof(U));
  if (bytes > 512) {
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
  } else if (bytes >= 32) {
    pieces(std::integral_constant<int64_t, 32>());
  } else if (bytes >= 8) {
    pieces(std::integral_constant<int64_t, 8>());
  } else if (bytes > 0) {
    pieces(std::integral_constant<int64_t, sizeof(U)>());
  }
}

/// A straight run of points: tile elements [at, at + count), memory elements from `offset` in
/// steps of `stride`; those outside [begin, end) of the run are outside a bound.
struct Run {
  int64_t at, offset, stride, count, begin, end;
};

void clip(const MemoryMap& map, const Tile& tile, const int64_t* high, const int64_t* low,
          const Coefficients MemoryMap::Bound::*run_axis, uint32_t axis, bool has_axis, Run& run) {
  for (const MemoryMap::Bound& bound : map.bounds) {
    const int64_t at = bound.base + dot(bound.outer, tile.outer, map.outer_rank) +
                       dot(bound.high, high, map.high.rank) + dot(bound.low, low, map.low.rank);
    const int64_t step = has_axis ? (bound.*run_axis)[axis] : 0;
    if (step == 0) {
      if (at < 0 || at >= bound.extent) run.end = run.begin;
    } else if (step > 0) {
      // 0 <= at + step * i < extent
      run.begin = std::max(run.begin, at >= 0 ? 0 : (-at + step - 1) / step);
      run.end = std::min(run.end, at >= bound.extent ? 0 : (bound.extent - at + step - 1) / step);
    } else {
      run.begin = std::max(run.begin, at < bound.extent ? 0 : (at - bound.extent) / -step + 1);
      run.end = std::min(run.end, at < 0 ? 0 : at / -step + 1);
    }
  }
  run.end = std::max(run.end, run.begin);
  if (run.begin >= run.count) run.begin = run.end = run.count;
}

/// Calls visit(Run) for the runs of a tile, in the tile's order.
template <class Visit>
void for_each_run(const MemoryMap& map, const Tile& tile, uint8_t varies, Visit&& visit) {
  const int64_t base = map.base + dot(map.outer, tile.outer, map.outer_rank);
  int64_t high[ASG_MAX_RANK], low_start[ASG_MAX_RANK], low[ASG_MAX_RANK];
  locate(map.high, tile.high, high);
  locate(map.low, tile.low, low_start);
  const bool bounded = !map.bounds.empty();

  if ((varies & vary_low) == 0) {
    // The points differ along high only: runs go along its last axis.
    const int64_t count = (varies & vary_high) != 0 ? tile.n_high : 1;
    const bool has_axis = map.high.rank > 0;
    const uint32_t last = has_axis ? map.high.rank - 1 : 0;
    const int64_t stride = has_axis ? map.high.strides[last] : 0;
    int64_t offset = base + dot(map.high.strides, high, map.high.rank) +
                     dot(map.low.strides, low_start, map.low.rank);
    for (int64_t at = 0; at < count;) {
      Run run{at, offset, stride, count - at, 0, 0};
      if (last > 0) run.count = std::min(run.count, map.high.dims[last] - high[last]);
      run.end = run.count;
      if (bounded) clip(map, tile, high, low_start, &MemoryMap::Bound::high, last, has_axis, run);
      visit(run);
      at += run.count;
      if (last > 0) {
        offset -= high[last] * stride;
        high[last] = 0;
        advance(map.high, high, 1, offset);
      }
    }
    return;
  }

  const int64_t rows = (varies & vary_high) != 0 ? tile.n_high : 1;
  const bool has_axis = map.low.rank > 0;
  const uint32_t last = has_axis ? map.low.rank - 1 : 0;
  const int64_t stride = has_axis ? map.low.strides[last] : 0;
  const int64_t low_offset = dot(map.low.strides, low_start, map.low.rank);
  int64_t row_offset = base + dot(map.high.strides, high, map.high.rank);
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(low_start, map.low.rank, low);
    int64_t offset = row_offset + low_offset;
    for (int64_t at = 0; at < tile.n_low;) {
      Run run{row * tile.n_low + at, offset, stride, tile.n_low - at, 0, 0};
      if (last > 0) run.count = std::min(run.count, map.low.dims[last] - low[last]);
      run.end = run.count;
      if (bounded) clip(map, tile, high, low, &MemoryMap::Bound::low, last, has_axis, run);
      visit(run);
      at += run.count;
      if (last > 0) {
        offset -= low[last] * stride;
        low[last] = 0;
        advance(map.low, low, 1, offset);
      }
    }
    if (row + 1 < rows) advance(map.high, high, 0, row_offset);
  }
}

[[noreturn]] void index_error(int64_t index, int64_t extent) {
  throw sdk::Error(ASG_INVALID_ARGUMENT, "index " + std::to_string(index) + " is outside [0, " +
                                             std::to_string(extent) + ")");
}

/// Offset that index number `i` adds.
int64_t indexed(const MemoryMap& map, const void* index, int64_t i) {
  const int64_t value = map.index_size == 4 ? static_cast<const int32_t*>(index)[i]
                                            : static_cast<const int64_t*>(index)[i];
  if (value < 0 || value >= map.index_extent) index_error(value, map.index_extent);
  return value * map.index_stride;
}

// Element loops by size only: moving an element does not need to know what it is.
template <class U>
void load_run(const MemoryMap& map, const U* memory, const Run& run, U* dst, const void* index) {
  U* to = dst + run.at;
  const U fill = static_cast<U>(map.fill);
  for (int64_t i = 0; i < run.begin; ++i) to[i] = fill;
  for (int64_t i = run.end; i < run.count; ++i) to[i] = fill;
  if (index != nullptr) {
    for (int64_t i = run.begin; i < run.end; ++i)
      to[i] = memory[run.offset + run.stride * i + indexed(map, index, run.at + i)];
    return;
  }
  if (run.begin == run.end) return;
  const U* from = memory + run.offset + run.stride * run.begin;
  const int64_t count = run.end - run.begin;
  to += run.begin;
  if (run.stride == 1) {
    copy_run(to, from, count);
  } else if (run.stride == 0) {
    std::fill_n(to, count, *from);
  } else {
    for (int64_t i = 0; i < count; ++i) to[i] = from[i * run.stride];
  }
}

template <class U>
void store_run(const MemoryMap& map, U* memory, const Run& run, const U* src, const void* index) {
  const U* from = src + run.at;
  if (index != nullptr) {
    for (int64_t i = run.begin; i < run.end; ++i)
      memory[run.offset + run.stride * i + indexed(map, index, run.at + i)] = from[i];
    return;
  }
  if (run.begin == run.end) return;
  U* to = memory + run.offset + run.stride * run.begin;
  const int64_t count = run.end - run.begin;
  from += run.begin;
  if (run.stride == 1) {
    // An update in place may store exactly where its source was read from.
    if (map.streamed)
      copy_past_caches(to, from, count * static_cast<int64_t>(sizeof(U)));
    else if (to != from)
      copy_run(to, from, count);
  } else {
    for (int64_t i = 0; i < count; ++i) to[i * run.stride] = from[i];
  }
}

/// Calls visit(tile element, memory offset) for the first point of each row of a patterned tile.
template <class Visit>
void for_each_row(const MemoryMap& map, const Tile& tile, uint8_t varies, Visit&& visit) {
  int64_t high[ASG_MAX_RANK];
  locate(map.high, tile.high, high);
  int64_t offset = map.base + dot(map.outer, tile.outer, map.outer_rank) +
                   dot(map.high.strides, high, map.high.rank);
  const int64_t rows = (varies & vary_high) != 0 ? tile.n_high : 1;
  for (int64_t row = 0; row < rows; ++row) {
    visit(row * tile.n_low, offset);
    if (row + 1 < rows) advance(map.high, high, 0, offset);
  }
}

template <class U>
void load_pattern(const MemoryMap& map, const U* memory, const Tile& tile, U* dst) {
  const int32_t* pattern = map.pattern.data() + tile.low;
  const U fill = static_cast<U>(map.fill);
  const bool bounded = !map.bounds.empty();
  for_each_row(map, tile, map.varies, [&](int64_t at, int64_t offset) {
    U* to = dst + at;
    if (!bounded) {
      const U* from = memory + offset;
      for (int64_t i = 0; i < tile.n_low; ++i) to[i] = from[pattern[i]];
    } else {
      for (int64_t i = 0; i < tile.n_low; ++i)
        to[i] = pattern[i] == MemoryMap::outside ? fill : memory[offset + pattern[i]];
    }
  });
}

template <class U>
void store_pattern(const MemoryMap& map, U* memory, const Tile& tile, uint8_t varies,
                   const U* src) {
  const int32_t* pattern = map.pattern.data() + tile.low;
  for_each_row(map, tile, varies, [&](int64_t at, int64_t offset) {
    for (int64_t i = 0; i < tile.n_low; ++i)
      if (pattern[i] != MemoryMap::outside) memory[offset + pattern[i]] = src[at + i];
  });
}

/// Fills in the pattern where it is the better way to walk.
void make_pattern(const Nest& nest, MemoryMap& map) {
  const Walk& low = map.low;
  const bool bounded = !map.bounds.empty();
  if (map.index_size != 0 || (map.varies & vary_low) == 0 || nest.low.count > max_pattern ||
      low.rank < 2 || low.dims[low.rank - 1] >= (bounded ? 64 : 16))
    return;
  for (const MemoryMap::Bound& bound : map.bounds) {
    for (uint32_t k = 0; k < map.outer_rank; ++k)
      if (bound.outer[k] != 0) return;
    for (uint32_t k = 0; k < map.high.rank; ++k)
      if (bound.high[k] != 0 && map.high.dims[k] != 1) return;
  }
  std::vector<int32_t> pattern;
  for (int64_t i = 0; i < nest.low.count; ++i) {
    int64_t at[ASG_MAX_RANK];
    locate(low, i, at);
    bool inside = true;
    for (const MemoryMap::Bound& bound : map.bounds) {
      const int64_t position = bound.base + dot(bound.low, at, low.rank);
      inside &= position >= 0 && position < bound.extent;
    }
    const int64_t offset = dot(low.strides, at, low.rank);
    if (offset <= INT32_MIN || offset > INT32_MAX) return;
    pattern.push_back(inside ? static_cast<int32_t>(offset) : MemoryMap::outside);
  }
  map.pattern = std::move(pattern);
}

/// Both directions are single axes and the fast one in memory is the slow one in the tile.
bool transposed(const MemoryMap& map, const Tile& tile) {
  return map.plain() && map.varies == (vary_high | vary_low) && map.high.rank == 1 &&
         map.low.rank == 1 && map.high.strides[0] == 1 && map.low.strides[0] != 1 &&
         tile.n_high > 1;
}

template <class U>
void load_sized(const MemoryMap& map, const std::byte* memory, const Tile& tile, void* dst,
                const void* index) {
  const U* from = reinterpret_cast<const U*>(memory);
  U* to = static_cast<U*>(dst);
  if (transposed(map, tile)) {
    from += map.offset(tile);
    for (int64_t l = 0; l < tile.n_low; ++l)
      for (int64_t h = 0; h < tile.n_high; ++h)
        to[h * tile.n_low + l] = from[l * map.low.strides[0] + h];
    return;
  }
  if (!map.pattern.empty()) return load_pattern(map, from, tile, to);
  for_each_run(map, tile, map.varies, [&](const Run& run) { load_run(map, from, run, to, index); });
}

template <class U>
void store_sized(const MemoryMap& map, std::byte* memory, const Tile& tile, uint8_t varies,
                 const void* src, const void* index) {
  U* to = reinterpret_cast<U*>(memory);
  const U* from = static_cast<const U*>(src);
  if (transposed(map, tile)) {
    to += map.offset(tile);
    for (int64_t l = 0; l < tile.n_low; ++l)
      for (int64_t h = 0; h < tile.n_high; ++h)
        to[l * map.low.strides[0] + h] = from[h * tile.n_low + l];
    return;
  }
  if (!map.pattern.empty() && tile.n_low > 1) return store_pattern(map, to, tile, varies, from);
  for_each_run(map, tile, varies, [&](const Run& run) { store_run(map, to, run, from, index); });
}

template <class T>
void number_sized(const MemoryMap& map, const Tile& tile, void* dst) {
  T* to = static_cast<T*>(dst);
  for_each_run(map, tile, map.varies, [&](const Run& run) {
    for (int64_t i = 0; i < run.count; ++i)
      to[run.at + i] = static_cast<T>(run.offset + run.stride * i);
  });
}

template <class U>
void expand_sized(uint8_t from, uint8_t to, const Tile& tile, void* dst, const void* src) {
  U* out = static_cast<U*>(dst);
  const U* in = static_cast<const U*>(src);
  if (from == 0) {
    std::fill_n(out, tile.count(to), *in);
  } else if (from == vary_high) {
    for (int64_t h = 0; h < tile.n_high; ++h) std::fill_n(out + h * tile.n_low, tile.n_low, in[h]);
  } else {
    for (int64_t h = 0; h < tile.n_high; ++h)
      std::memcpy(out + h * tile.n_low, in, static_cast<std::size_t>(tile.n_low) * sizeof(U));
  }
}

}  // namespace

bool MemoryMap::dense(const Nest& nest) const {
  if (!plain()) return false;
  const auto unit = [](const Walk& walk) { return walk.rank == 1 && walk.strides[0] == 1; };
  if (varies == 0) return true;
  if (varies == vary_low) return unit(low);
  if (varies == vary_high) return unit(high);
  return unit(low) && high.rank == 1 && high.strides[0] == nest.low.count &&
         nest.tile_low == nest.low.count;
}

int64_t MemoryMap::offset(const Tile& tile) const {
  // Strides of axes that are not there are 0.
  if (straight) return base + tile.high * high.strides[0] + tile.low * low.strides[0];
  int64_t at[ASG_MAX_RANK];
  int64_t result = base + dot(outer, tile.outer, outer_rank);
  locate(high, tile.high, at);
  result += dot(high.strides, at, high.rank);
  locate(low, tile.low, at);
  return result + dot(low.strides, at, low.rank);
}

MemoryMap make_map(const Nest& nest, const Access& access, uint32_t index_dtype) {
  MemoryMap map;
  map.place = access.place;
  map.index = access.index;
  map.element_size = sdk::dtype_size(access.dtype);
  map.base = access.element.base;
  map.outer_rank = static_cast<uint32_t>(nest.outer.axes.size());
  map.outer = pick(nest.outer, access.element.coefficients);
  const bool join = access.bounds.empty() && access.first_axes == 0;
  map.high = make_walk(nest.high, access.element.coefficients, join);
  map.low = make_walk(nest.low, access.element.coefficients, join);
  map.fill = access.fill;
  if (access.index_register != 0) {
    map.index_size = sdk::dtype_size(index_dtype);
    map.index_stride = access.index_stride;
    map.index_extent = access.index_extent;
  }
  const auto note = [&](const Coefficients& c) {
    if (nest.tile_high > 1 && any_moves(nest.high, c)) map.varies |= vary_high;
    if (nest.tile_low > 1 && any_moves(nest.low, c)) map.varies |= vary_low;
    map.varies_outer |=
        any_moves(nest.outer, c) || any_moves(nest.high, c) || any_moves(nest.low, c);
  };
  note(access.element.coefficients);
  const auto add_bound = [&](const Bound& bound) {
    const Coefficients& c = bound.position.coefficients;
    note(c);
    map.bounds.push_back({bound.position.base, bound.extent, pick(nest.outer, c),
                          pick(nest.high, c), pick(nest.low, c)});
  };
  for (const Bound& bound : access.bounds) add_bound(bound);
  for (uint32_t d = 0; d < ASG_MAX_RANK; ++d) {
    if ((access.first_axes >> d & 1) == 0) continue;
    Bound first{{}, 1};
    first.position.coefficients[d] = 1;
    add_bound(first);
  }
  make_pattern(nest, map);
  constexpr int64_t long_run = 256;  // bytes: few of them share a line with their neighbours
  const uint32_t last = map.low.rank - 1;
  map.streamed = access.streamed && map.low.rank > 0 && map.low.strides[last] == 1 &&
                 map.low.dims[last] * map.element_size >= long_run && map.pattern.empty();
  map.straight = map.outer_rank == 0 && map.high.rank <= 1 && map.low.rank <= 1;
  // What fits into the second cache is not waited for.
  constexpr int64_t second_cache = int64_t{1} << 18;
  const int64_t elements = nest.high.count * nest.low.count;
  if (map.straight && map.place == Access::Place::value && elements > second_cache) {
    const int64_t step = nest.tile_low < nest.low.count ? nest.tile_low * map.low.strides[0]
                                                        : nest.tile_high * map.high.strides[0];
    map.ahead = step * map.element_size;
  }
  return map;
}

void load_tile(const MemoryMap& map, const std::byte* memory, const Tile& tile, void* dst,
               const void* index) {
  switch (map.element_size) {
    case 1:
      return load_sized<uint8_t>(map, memory, tile, dst, index);
    case 4:
      return load_sized<uint32_t>(map, memory, tile, dst, index);
    default:
      return load_sized<uint64_t>(map, memory, tile, dst, index);
  }
}

void store_tile(const MemoryMap& map, std::byte* memory, const Tile& tile, const void* src,
                const void* index) {
  const uint8_t all = (tile.n_high > 1 ? vary_high : 0) | (tile.n_low > 1 ? vary_low : 0);
  switch (map.element_size) {
    case 1:
      return store_sized<uint8_t>(map, memory, tile, all, src, index);
    case 4:
      return store_sized<uint32_t>(map, memory, tile, all, src, index);
    default:
      return store_sized<uint64_t>(map, memory, tile, all, src, index);
  }
}

void number_tile(const MemoryMap& map, uint32_t dtype, const Tile& tile, void* dst) {
  switch (dtype) {
    case ASG_F32:
      return number_sized<float>(map, tile, dst);
    case ASG_F64:
      return number_sized<double>(map, tile, dst);
    case ASG_I8:
      return number_sized<int8_t>(map, tile, dst);
    case ASG_U8:
      return number_sized<uint8_t>(map, tile, dst);
    case ASG_I32:
      return number_sized<int32_t>(map, tile, dst);
    case ASG_U32:
      return number_sized<uint32_t>(map, tile, dst);
    default:
      return number_sized<int64_t>(map, tile, dst);
  }
}

void random_tile(const MemoryMap& map, uint64_t stream, const Tile& tile, uint32_t* dst,
                 const int64_t* seed, const int64_t* step, bool uniform) {
  for_each_run(map, tile, map.varies, [&](const Run& run) {
    if (uniform) {
      const RandomStream source{static_cast<uint64_t>(*seed), static_cast<uint64_t>(*step), stream};
      return fill_random(dst + run.at, source, run.offset, run.stride, run.count);
    }
    for (int64_t i = 0; i < run.count; ++i) {
      const RandomStream source{static_cast<uint64_t>(seed[run.at + i]),
                                static_cast<uint64_t>(step[run.at + i]), stream};
      fill_random(dst + run.at + i, source, run.offset + run.stride * i, 1, 1);
    }
  });
}

void expand_tile(uint32_t element_size, uint8_t from, uint8_t to, const Tile& tile, void* dst,
                 const void* src) {
  switch (element_size) {
    case 1:
      return expand_sized<uint8_t>(from, to, tile, dst, src);
    case 4:
      return expand_sized<uint32_t>(from, to, tile, dst, src);
    default:
      return expand_sized<uint64_t>(from, to, tile, dst, src);
  }
}

}  // namespace asg::cpu
