// The kernels beside regions, one by one.
#pragma once
#include <cstdint>
#include <vector>

#include "check/random_kernel.hpp"

namespace asg::proof {

/// The operands of a kernel over elements of one type, and how a random step of it is made.
struct KernelForm {
  std::uint32_t op;
  std::vector<std::uint32_t> operands;  // inputs, then outputs
  std::uint32_t least_rank;
  void (*build)(RandomKernel& kernel, std::uint32_t dtype, std::uint32_t index);
};

/// One of each kernel beside regions.
inline std::vector<KernelForm> forms_of(std::uint32_t dtype, std::uint32_t index) {
  using K = RandomKernel;
  using U = std::uint32_t;
  return {
      {ASG_OP_MATMUL, {dtype, dtype, dtype}, 2, [](K& k, U d, U) { k.matmul(d, 64); }},
      {ASG_OP_GATHER, {dtype, index, dtype}, 1, [](K& k, U d, U i) { k.gather(d, i); }},
      {ASG_OP_SCATTER, {dtype, index, dtype, dtype}, 1, [](K& k, U d, U i) { k.scatter(d, i); }},
      {ASG_OP_FOLD, {dtype, dtype}, 1, [](K& k, U d, U) { k.fold(d); }},
      {ASG_OP_ARG_REDUCE, {dtype, ASG_I64}, 1, [](K& k, U d, U) { k.arg_reduce(d); }},
      {ASG_OP_SORT, {dtype, dtype, ASG_I64}, 1, [](K& k, U d, U) { k.sort(d); }},
      {ASG_OP_CUMULATIVE, {dtype, dtype}, 1, [](K& k, U d, U) { k.cumulative(d); }}};
}

}  // namespace asg::proof
