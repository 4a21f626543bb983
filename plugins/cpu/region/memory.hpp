// Tiles to and from memory along affine maps.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "form.hpp"
#include "nest.hpp"

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

/// One level of a walk: the axes of one AxisList, joined where the access allows it.
struct Walk {
  uint32_t rank = 0;
  std::array<int64_t, ASG_MAX_RANK> dims{};
  Coefficients strides{};
};

/// An access seen from a nest.
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
  int64_t ahead =
      0;  // bytes to the next tile's part where that is too far away for the second cache, or 0
  struct Bound {
    int64_t base, extent;
    Coefficients outer, high, low;
  };
  std::vector<Bound> bounds;
  // Where runs would be very short: the offset of every low point, or `outside` of the bounds.
  std::vector<int32_t> pattern;
  static constexpr int32_t outside = INT32_MIN;
  uint64_t fill = 0;
  uint32_t index_size = 0;  // bytes of an index, 0: no index register
  int64_t index_stride = 0, index_extent = 0;

  bool plain() const { return bounds.empty() && index_size == 0; }
  /// The elements of a tile lie one after the other in memory, in the tile's order.
  bool dense(const Nest& nest) const;
  int64_t offset(const Tile& tile) const;  // of the tile's first point, in elements
};

MemoryMap make_map(const Nest& nest, const Access& access, uint32_t index_dtype);

/// dst gets one element for each point in which the map varies.  `index` has as many indices.
/// Errors: ASG_INVALID_ARGUMENT for an index outside the map's extent.
void load_tile(const MemoryMap& map, const std::byte* memory, const Tile& tile, void* dst,
               const void* index);
/// The map varies with every point of the tile.
void store_tile(const MemoryMap& map, std::byte* memory, const Tile& tile, const void* src,
                const void* index);
/// The map's positions themselves, as numbers of `dtype`.
void number_tile(const MemoryMap& map, uint32_t dtype, const Tile& tile, void* dst);
/// Random words; seed and step are uniform (size 0) or have an element for each point.
void random_tile(const MemoryMap& map, uint64_t stream, const Tile& tile, uint32_t* dst,
                 const int64_t* seed, const int64_t* step, bool uniform);
/// Repeats a register that varies as `from` over the points in which `to` varies.
void expand_tile(uint32_t element_size, uint8_t from, uint8_t to, const Tile& tile, void* dst,
                 const void* src);

}  // namespace asg::cpu
