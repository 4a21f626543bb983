// An access seen from a tiling: where the points of a tile are in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "region/form.hpp"
#include "region/tiling.hpp"

namespace asg::cpu {

// In which directions a register varies inside a tile; it has an element for each such point.
inline constexpr uint8_t vary_high = 1;
inline constexpr uint8_t vary_low = 2;

struct Tile {
  int64_t high, n_high;
  int64_t low, n_low;
  const int64_t* outer;  // coordinates on the outer axes

  int64_t count(uint8_t varies) const {
    return ((varies & vary_high) != 0 ? n_high : 1) * ((varies & vary_low) != 0 ? n_low : 1);
  }
};

/// One direction of a tiling: the axes of one AxisList, joined where the access allows it.
struct Walk {
  uint32_t rank = 0;
  std::array<int64_t, ASG_MAX_RANK> dims{};
  Coefficients strides{};

  /// Coordinates of point `number`.
  void locate(int64_t number, int64_t* coordinates) const {
    for (uint32_t k = rank; k-- > 1; number /= dims[k]) coordinates[k] = number % dims[k];
    if (rank > 0) coordinates[0] = number;
  }
  /// To the next point on all axes but the last `skip`; `offset` follows.
  void advance(int64_t* coordinates, uint32_t skip, int64_t& offset) const {
    for (uint32_t k = rank - skip; k-- > 0;) {
      offset += strides[k];
      if (++coordinates[k] < dims[k] || k == 0) return;
      offset -= dims[k] * strides[k];
      coordinates[k] = 0;
    }
  }
};

inline int64_t dot(const Coefficients& coefficients, const int64_t* coordinates, uint32_t rank) {
  int64_t sum = 0;
  for (uint32_t k = 0; k < rank; ++k) sum += coefficients[k] * coordinates[k];
  return sum;
}

/// A bound seen from a tiling.
struct BoundMap {
  int64_t base, extent;
  Coefficients outer, high, low;
};

struct MemoryMap {
  Access::Place place = Access::Place::none;
  uint32_t index = 0;
  uint32_t element_size = 0;
  uint8_t varies = 0;  // vary_* of the tile's points
  bool varies_outer = false;
  int64_t base = 0;
  Coefficients outer{};
  uint32_t outer_rank = 0;
  Walk high, low;
  bool straight = false;  // no outer axes, and at most one high and one low one
  bool streamed = false;  // of a store: written past the caches, in long runs
  int64_t ahead = 0;      // bytes to the next tile's part, 0 where the second cache reaches so far
  std::vector<BoundMap> bounds;
  // Where runs would be very short: the offset of every low point, or `outside` of the bounds.
  std::vector<int32_t> pattern;
  static constexpr int32_t outside = INT32_MIN;
  uint64_t fill = 0;

  bool plain() const { return bounds.empty(); }
  /// The elements of a tile lie one after the other in memory, in the tile's order.
  bool dense(const Tiling& tiling) const;
  int64_t offset(const Tile& tile) const;  // of the tile's first point, in elements
};

MemoryMap make_map(const Tiling& tiling, const Access& access);

}  // namespace asg::cpu
