// A nest as a list of operations on tile registers, ready to run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "region/memory_map.hpp"
#include "region/nests.hpp"
#include "region/tile_ops.hpp"
#include "region/tiling.hpp"

namespace asg::cpu {

struct Register {
  uint32_t dtype = 0;
  uint8_t element_size = 0;
  uint8_t varies = 0;
  bool invariant = false;  // the same at every point of the domain
  enum class Home : uint8_t { slot, constant, memory } home = Home::slot;
  std::size_t offset = 0;  // slot: in the thread's scratch
  uint64_t bits = 0;       // constant
};

struct Op {
  enum class Kind : uint8_t {
    compute,
    load,
    number,
    random,
    expand,
    point,    // the register lives in memory: set its address for this tile
    product,  // so does the product that an epilogue is applied to
  };
  Kind kind = Kind::compute;
  uint8_t varies = 0;
  bool by_rows = false;  // of a computation: row by row, as its operands do not all vary with both
  uint32_t dst = 0, a = 0, b = 0, c = 0;
  TileFn fn = nullptr;
  uint32_t opcode = 0;  // of a computation
  uint32_t map = 0;
  uint32_t parts = 0;  // of a point: steps in which the next tile's memory is asked for, or 0
  uint64_t stream = 0;
};

struct TapeReduction {
  const ReduceFns* fns = nullptr;
  uint32_t element_size = 0;
  uint32_t source = 0, result = 0;  // registers
  std::size_t lanes = 0;            // of a ReductionTree in the thread's scratch, or, across, of
                                    // SharedLanes in what all threads share
};

struct TapeStore {
  uint32_t reg = 0, map = 0;
  uint8_t first = 0;  // vary_*: made only at point 0 of that direction, in which reg does not vary
  static constexpr uint32_t no_register = UINT32_MAX;
};

struct TapeSweep {
  uint32_t ops_begin = 0, ops_end = 0;
  bool across = false;
  std::vector<TapeReduction> reductions;
  std::vector<TapeStore> stores;         // after the operations of each tile
  std::vector<TapeStore> result_stores;  // after the reductions are complete
};

/// The directions in which tiles have more than one point.
inline uint8_t varies_in_tile(const Tiling& tiling) {
  return static_cast<uint8_t>((tiling.tile_high > 1 ? vary_high : 0) |
                              (tiling.tile_low > 1 ? vary_low : 0));
}

struct Tape {
  Tiling tiling;
  std::vector<Register> registers;
  std::vector<Op> ops;
  uint32_t invariant_ops = 0;  // the first ones, run once by each thread
  std::vector<TapeSweep> sweeps;
  std::vector<MemoryMap> maps;
  std::size_t scratch_bytes = 0;  // of each thread
  std::size_t lane_bytes = 0;     // of all threads: of the reductions across
  bool streams = false;           // some store goes past the caches

  bool reduces() const {
    for (const TapeSweep& sweep : sweeps)
      if (!sweep.reductions.empty()) return true;
    return false;
  }
};

/// `kept[r]`: the result of reduction r is needed by another nest and goes to scratch memory.
/// Errors: ASG_UNSUPPORTED for an instruction that has no meaning for its dtypes.
Tape make_tape(const sdk::ProgramCopy& program, const Form& form, const Nest& nest,
               const Tiling& tiling, const std::vector<bool>& kept);

/// Points of a tile at most, where rows need not be whole.
inline constexpr int64_t most_points = 1024;

/// The tape made of smaller tiles by build(points) until the registers stay in the first cache.
template <class Build>
Tape fit_first_cache(Tape tape, const Build& build) {
  constexpr std::size_t first_cache = 40u << 10;
  for (int64_t tile = most_points / 2; tile >= 256 && tape.scratch_bytes > first_cache; tile /= 2)
    tape = build(tile);
  return tape;
}

}  // namespace asg::cpu
