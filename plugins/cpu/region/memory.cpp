#include "region/memory.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>

#include <asg/sdk/error.hpp>

#include "kernel.hpp"
#include "region/tile_ops.hpp"

namespace asg::cpu {

namespace {

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

struct Position {
  const int64_t* outer;
  int64_t high[ASG_MAX_RANK], low[ASG_MAX_RANK];
};

/// Cuts a run that begins at a position to what is inside of the bounds.  `step_of(bound)` is what
/// a step of the run adds to the bound's position.
template <class StepOf>
void clip(const MemoryMap& map, const Position& p, const StepOf& step_of, Run& run) {
  for (const BoundMap& bound : map.bounds) {
    const int64_t at = bound.base + dot(bound.outer, p.outer, map.outer_rank) +
                       dot(bound.high, p.high, map.high.rank) + dot(bound.low, p.low, map.low.rank);
    const int64_t step = step_of(bound);
    if (step == 0) {
      if (at < 0 || at >= bound.extent) run.end = run.begin;
    } else if (step > 0) {
      // 0 <= at + step * i < extent
      run.begin = std::max(run.begin, at >= 0 ? 0 : divide_up(-at, step));
      run.end = std::min(run.end, at >= bound.extent ? 0 : divide_up(bound.extent - at, step));
    } else {
      run.begin = std::max(run.begin, at < bound.extent ? 0 : (at - bound.extent) / -step + 1);
      run.end = std::min(run.end, at < 0 ? 0 : at / -step + 1);
    }
  }
  run.end = std::max(run.end, run.begin);
  if (run.begin >= run.count) run.begin = run.end = run.count;
}

/// Calls visit(Run) for the runs of `count` points of one direction: from a position on, which is
/// memory element `offset` and tile element `first`.
template <class Visit>
void for_each_run_along(const MemoryMap& map, const Walk MemoryMap::*direction,
                        const Coefficients BoundMap::*of_bound, Position& p, int64_t* coordinates,
                        int64_t offset, int64_t first, int64_t count, Visit&& visit) {
  const Walk& walk = map.*direction;
  const uint32_t last = walk.rank > 0 ? walk.rank - 1 : 0;
  const int64_t stride = walk.rank > 0 ? walk.strides[last] : 0;
  const auto step_of = [&](const BoundMap& bound) {
    return walk.rank > 0 ? (bound.*of_bound)[last] : 0;
  };
  for (int64_t at = 0; at < count;) {
    Run run{first + at, offset, stride, count - at, 0, 0};
    if (last > 0) run.count = std::min(run.count, walk.dims[last] - coordinates[last]);
    run.end = run.count;
    if (!map.bounds.empty()) clip(map, p, step_of, run);
    visit(run);
    at += run.count;
    if (last > 0) {
      offset -= coordinates[last] * stride;
      coordinates[last] = 0;
      walk.advance(coordinates, 1, offset);
    }
  }
}

/// Calls visit(Run) for the runs of a tile of a straight map without bounds: one for each row, or
/// one along the rows.
template <class Visit>
void for_each_straight_run(const MemoryMap& map, const Tile& tile, uint8_t varies, Visit&& visit) {
  // Strides of axes that are not there are 0.
  const int64_t down = map.high.strides[0], along = map.low.strides[0];
  const int64_t rows = (varies & vary_high) != 0 ? tile.n_high : 1;
  int64_t offset = map.offset(tile);
  if ((varies & vary_low) == 0) return visit(Run{0, offset, down, rows, 0, rows});
  for (int64_t row = 0; row < rows; ++row, offset += down)
    visit(Run{row * tile.n_low, offset, along, tile.n_low, 0, tile.n_low});
}

/// Calls visit(Run) for the runs of a tile, in the tile's order.
template <class Visit>
void for_each_run(const MemoryMap& map, const Tile& tile, uint8_t varies, Visit&& visit) {
  // Small steps spend as much on finding their runs as on computing: most maps are simple.
  if (map.straight && map.bounds.empty()) return for_each_straight_run(map, tile, varies, visit);
  Position p;
  p.outer = tile.outer;
  map.high.locate(tile.high, p.high);
  map.low.locate(tile.low, p.low);
  const int64_t rows = (varies & vary_high) != 0 ? tile.n_high : 1;
  const int64_t low = dot(map.low.strides, p.low, map.low.rank);
  int64_t row_offset = map.base + dot(map.outer, tile.outer, map.outer_rank) +
                       dot(map.high.strides, p.high, map.high.rank);
  if ((varies & vary_low) == 0)
    return for_each_run_along(map, &MemoryMap::high, &BoundMap::high, p, p.high, row_offset + low,
                              0, rows, visit);
  int64_t start[ASG_MAX_RANK];
  std::copy_n(p.low, map.low.rank, start);
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(start, map.low.rank, p.low);
    for_each_run_along(map, &MemoryMap::low, &BoundMap::low, p, p.low, row_offset + low,
                       row * tile.n_low, tile.n_low, visit);
    if (row + 1 < rows) map.high.advance(p.high, 0, row_offset);
  }
}

// Element loops by size only: moving an element does not need to know what it is.
template <class U>
void load_run(const MemoryMap& map, const U* memory, const Run& run, U* dst) {
  U* to = dst + run.at;
  const U fill = static_cast<U>(map.fill);
  for (int64_t i = 0; i < run.begin; ++i) to[i] = fill;
  for (int64_t i = run.end; i < run.count; ++i) to[i] = fill;
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
void store_run(const MemoryMap& map, U* memory, const Run& run, const U* src) {
  const U* from = src + run.at;
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
  map.high.locate(tile.high, high);
  int64_t offset = map.base + dot(map.outer, tile.outer, map.outer_rank) +
                   dot(map.high.strides, high, map.high.rank);
  const int64_t rows = (varies & vary_high) != 0 ? tile.n_high : 1;
  for (int64_t row = 0; row < rows; ++row) {
    visit(row * tile.n_low, offset);
    if (row + 1 < rows) map.high.advance(high, 0, offset);
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

/// Both directions are single axes and the fast one in memory is the slow one in the tile.
bool transposed(const MemoryMap& map, const Tile& tile) {
  return map.plain() && map.varies == (vary_high | vary_low) && map.high.rank == 1 &&
         map.low.rank == 1 && map.high.strides[0] == 1 && map.low.strides[0] != 1 &&
         tile.n_high > 1;
}

template <class U>
void load_sized(const MemoryMap& map, const std::byte* memory, const Tile& tile, void* dst) {
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
  for_each_run(map, tile, map.varies, [&](const Run& run) { load_run(map, from, run, to); });
}

template <class U>
void store_sized(const MemoryMap& map, std::byte* memory, const Tile& tile, uint8_t varies,
                 const void* src) {
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
  for_each_run(map, tile, varies, [&](const Run& run) { store_run(map, to, run, from); });
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

/// Returns f(U{}) with a type of that size, as registers have them.
template <class F>
void by_size(uint32_t bytes, const F& f) {
  if (bytes == 1) return f(uint8_t{});
  if (bytes == 4) return f(uint32_t{});
  f(uint64_t{});
}

}  // namespace

void load_tile(const MemoryMap& map, const std::byte* memory, const Tile& tile, void* dst) {
  by_size(map.element_size, [&](auto zero) { load_sized<decltype(zero)>(map, memory, tile, dst); });
}

void store_tile(const MemoryMap& map, std::byte* memory, const Tile& tile, const void* src) {
  const uint8_t all = (tile.n_high > 1 ? vary_high : 0) | (tile.n_low > 1 ? vary_low : 0);
  by_size(map.element_size,
          [&](auto zero) { store_sized<decltype(zero)>(map, memory, tile, all, src); });
}

void number_tile(const MemoryMap& map, uint32_t dtype, const Tile& tile, void* dst) {
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_run(map, tile, map.varies, [to = static_cast<T*>(dst)](const Run& run) {
      for (int64_t i = 0; i < run.count; ++i)
        to[run.at + i] = static_cast<T>(run.offset + run.stride * i);
    });
  });
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
  by_size(element_size, [&](auto zero) { expand_sized<decltype(zero)>(from, to, tile, dst, src); });
}

}  // namespace asg::cpu
