// One thread's view of a running tape: where its registers are, and what is done at one tile.
#pragma once

#include <cstddef>
#include <cstdint>

#include "region/ahead.hpp"
#include "region/tape.hpp"

namespace asg::cpu {

/// A part of a product for the epilogue's tape: `rows` rows of the tiling's high points from `row`
/// on, `columns` of its low points from `column` on.  Tiles that span rows need whole, dense ones.
struct ProductBlock {
  const std::byte* data;
  int64_t stride;  // of a row, in elements
  int64_t row, rows, column, columns;
};

/// The memory of a run that is not a thread's own.
struct RunMemory {
  std::byte* const* values;              // the address of element 0 of each value
  std::byte* shared = nullptr;           // scratch of all threads
  const std::size_t* results = nullptr;  // where in it each reduction is kept that is
  std::byte* partials = nullptr;         // a part of it: see Schedule
};

/// Bytes of scratch that a thread needs to run the tape.
inline std::size_t thread_bytes(const Tape& tape) {
  return tape.scratch_bytes + tape.registers.size() * sizeof(void*);
}

class Frame {
 public:
  /// `scratch` has thread_bytes.  `product`: of an epilogue.
  Frame(const Tape& tape, std::byte* scratch, const RunMemory& memory,
        const ProductBlock* product = nullptr)
      : tape_(tape),
        scratch_(scratch),
        registers_(reinterpret_cast<void**>(scratch + tape.scratch_bytes)),
        memory_(memory),
        product_(product) {
    for (std::size_t r = 0; r < tape.registers.size(); ++r) {
      const Register& reg = tape.registers[r];
      registers_[r] = reg.home == Register::Home::constant
                          ? const_cast<uint64_t*>(&reg.bits)
                          : static_cast<void*>(scratch + reg.offset);
    }
  }

  const Tape& tape() const { return tape_; }
  std::byte* scratch() const { return scratch_; }
  std::byte* partials() const { return memory_.partials; }
  void* at(uint32_t reg) const { return registers_[reg]; }

  /// What is the same at every point; before anything else.
  void run_invariants();
  /// The operations and the stores of a sweep.
  void run_sweep(const TapeSweep& sweep, const Tile& tile);
  /// When the sweep's reductions are complete.
  void store_results(const TapeSweep& sweep, const Tile& tile) {
    for (const TapeStore& s : sweep.result_stores) store(s, tile);
  }

 private:
  void run_ops(uint32_t begin, uint32_t end, const Tile& tile);
  void compute(const Op& op, const Tile& tile);
  void point_to_memory(const Op& op, const Tile& tile, Ahead& ahead);
  void point_to_product(const Op& op, const Tile& tile);
  void load(const Op& op, const Tile& tile);
  void random(const Op& op, const Tile& tile);
  void store(const TapeStore& s, const Tile& tile);
  std::byte* address(const MemoryMap& map) const;

  const Tape& tape_;
  std::byte* scratch_;
  void** registers_;
  RunMemory memory_;
  const ProductBlock* product_;
};

}  // namespace asg::cpu
