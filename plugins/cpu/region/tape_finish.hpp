// What is done to a tape once all its operations are listed.
#pragma once

#include <cstdint>
#include <vector>

#include "region/tape.hpp"

namespace asg::cpu {

struct TapeOrigins {
  std::vector<Access> sources;    // of every map of the tape
  std::vector<uint32_t> results;  // the register of every reduction, or TapeStore::no_register
};

/// Joins products with the sums they go to, moves what is the same everywhere to the front, lets
/// operations write to memory themselves where they may, and gives registers their places.
void finish_tape(const sdk::ProgramCopy& program, const Form& form, const Nest& nest, Tape& tape,
                 TapeOrigins origins);

}  // namespace asg::cpu
