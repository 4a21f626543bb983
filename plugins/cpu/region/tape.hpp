// A group as a list of operations on tile registers, ready to run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory.hpp"
#include "nest.hpp"
#include "passes.hpp"
#include "tile_ops.hpp"

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
  std::size_t lanes = 0;            // in the thread's scratch: 16 lanes, then the partial results;
                                    // across: in the sweep's memory, the lanes of all blocks
};

struct TapeStore {
  uint32_t reg = 0, map = 0;
  uint32_t index = no_register;
  uint8_t first = 0;  // vary_*: made only at point 0 of that direction, in which reg does not vary
  static constexpr uint32_t no_register = UINT32_MAX;
};

struct TapePass {
  uint32_t ops_begin = 0, ops_end = 0;
  bool across = false;
  std::vector<TapeReduction> reductions;
  std::vector<TapeStore> stores;         // after the operations of each tile
  std::vector<TapeStore> result_stores;  // after the reductions are complete
};

struct Tape {
  Nest nest;
  std::vector<Register> registers;
  std::vector<Op> ops;
  uint32_t invariant_ops = 0;  // the first ones, run once by each thread
  std::vector<TapePass> passes;
  std::vector<MemoryMap> maps;
  std::size_t scratch_bytes = 0;  // of each thread
  std::size_t sweep_bytes = 0;    // shared: lanes of the reductions across
  bool streams = false;           // some store goes past the caches

  bool reduces() const {
    for (const TapePass& pass : passes)
      if (!pass.reductions.empty()) return true;
    return false;
  }
};

/// `kept[r]`: the result of reduction r is needed by another group and goes to scratch memory.
/// Errors: ASG_UNSUPPORTED for an instruction that has no meaning for its dtypes.
Tape make_tape(const sdk::ProgramCopy& program, const Form& form, const Group& group,
               const Nest& nest, const std::vector<bool>& kept);

}  // namespace asg::cpu
