// Running tapes on the threads of a pool.
#pragma once

#include <cstddef>
#include <vector>

#include "context.hpp"
#include "region/frame.hpp"

namespace asg::cpu {

/// How the work on a tape is cut into units, which threads take in any order.
struct Schedule {
  enum class Unit : uint8_t {
    tile,
    strip,
    block,  // where strips are fewer than threads; one thread joins them afterwards
    lanes,  // where reductions go across; their columns are units of their own afterwards
  };
  Unit unit = Unit::tile;
  int64_t units = 0;
  int64_t work = 0;               // simple operations in a unit, about
  std::size_t partial_bytes = 0;  // in shared scratch: results of blocks, or lanes
  std::size_t partials = 0;       // their offset there
};

/// `threads` decides only how the work is shared; results do not depend on it.
Schedule make_schedule(const Tape& tape, uint32_t threads);

/// `values[i]` is the address of element 0 of value i; `results[r]` the offset of reduction r in
/// the workspace's shared block.
void run_tape(const Tape& tape, const Schedule& schedule, Context& context,
              std::byte* const* values, const std::vector<std::size_t>& results);

/// The instances of a region as one list of tiles.
struct Instances {
  Instances(const Form& form, const Tape& tape);
  std::vector<int64_t> lengths, first_unit;  // tiles before each instance, and in all
  std::vector<uint32_t> values;              // of the program, for every access of each instance
  std::size_t accesses;
  int64_t points = 0;
  bool invariants_differ = false;  // what a tape computes once is not the same for all of them
};

/// Runs the tape of a region with instances.  A thread's scratch has, after thread_bytes, room for
/// an address for each access.
void run_instances(const Tape& tape, const Instances& instances, Context& context,
                   std::byte* const* values);

/// Runs an epilogue on a part of its product, on the calling thread.  `scratch` has thread_bytes.
void run_epilogue(const Tape& tape, std::byte* scratch, std::byte* const* values,
                  const ProductBlock& block);

}  // namespace asg::cpu
