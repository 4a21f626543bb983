// Tiles to and from memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "region/memory_map.hpp"

namespace asg::cpu {

/// dst gets one element for each point in which the map varies.
void load_tile(const MemoryMap& map, const std::byte* memory, const Tile& tile, void* dst);
/// The map varies with every point of the tile.
void store_tile(const MemoryMap& map, std::byte* memory, const Tile& tile, const void* src);
/// The map's positions themselves, as numbers of `dtype`.
void number_tile(const MemoryMap& map, uint32_t dtype, const Tile& tile, void* dst);
/// Random words; seed and step are uniform (size 0) or have an element for each point.
void random_tile(const MemoryMap& map, uint64_t stream, const Tile& tile, uint32_t* dst,
                 const int64_t* seed, const int64_t* step, bool uniform);
/// Repeats a register that varies as `from` over the points in which `to` varies.
void expand_tile(uint32_t element_size, uint8_t from, uint8_t to, const Tile& tile, void* dst,
                 const void* src);

}  // namespace asg::cpu
