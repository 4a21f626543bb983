// The epilogue of a product: a region applied to each block of it while the block is cached.
#pragma once

#include <cstddef>

#include "region/run.hpp"

namespace asg::cpu {

class Epilogue {
 public:
  /// `whole_rows`: the blocks that it gets have all columns of the product, rows densely packed.
  /// Errors: ASG_INVALID_ARGUMENT for a region that is no epilogue.
  Epilogue(const sdk::ProgramCopy& program, const asg_step& step, bool whole_rows);

  /// Of each thread.
  std::size_t scratch_bytes() const { return stores_ ? thread_bytes(tape_) : 0; }

  /// On the calling thread; any block of the product, the batches' rows counted through.
  void run(std::byte* scratch, std::byte* const* values, const ProductBlock& block) const {
    if (stores_) run_epilogue(tape_, scratch, values, block);
  }

 private:
  bool stores_;
  Tape tape_;
};

}  // namespace asg::cpu
