// Executing tapes on the threads of a pool.
#pragma once

#include <cstddef>
#include <vector>

#include "context.hpp"
#include "tape.hpp"

namespace asg::cpu {

/// How the units of a tape are cut further when there are fewer than threads.
struct Split {
  int64_t blocks = 1;             // of a reduction, each worked on alone
  std::size_t partials = 0;       // offset of their results in shared scratch
  std::size_t partial_bytes = 0;  // in all
  std::size_t sweep = 0;          // offset of the tape's sweep_bytes in shared scratch
};

Split split_reductions(const Tape& tape, uint32_t threads);

/// Bytes of scratch that a thread needs to run the tape.
std::size_t thread_bytes(const Tape& tape);

/// `values[i]` is the address of element 0 of value i; `results[r]` the offset of reduction r in
/// the workspace's shared block.
void run_tape(const Tape& tape, const Split& split, Context& context, std::byte* const* values,
              const std::vector<std::size_t>& results);

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

/// A part of a product for the epilogue's tape: `rows` rows of the nest's high points from `row`
/// on, `columns` of its low points from `column` on.  Tiles that span rows need whole, dense ones.
struct ProductBlock {
  const std::byte* data;
  int64_t stride;  // of a row, in elements
  int64_t row, rows, column, columns;
};

/// Runs an epilogue on a part of its product, on the calling thread.  `scratch` has thread_bytes.
void run_epilogue(const Tape& tape, std::byte* scratch, std::byte* const* values,
                  const ProductBlock& block);

}  // namespace asg::cpu
