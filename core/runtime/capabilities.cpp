#include <asg/runtime/capabilities.hpp>

#include <algorithm>
#include <cstddef>

#include <asg/sdk/backend.h>

namespace asg {
namespace {

bool has_dtype(const Capabilities::Row& row, std::size_t operand, DType dtype) {
  if (row.dtypes.empty()) return false;
  const std::uint32_t mask = row.dtypes[std::min(operand, row.dtypes.size() - 1)];
  return (mask & ASG_DTYPE_BIT(static_cast<std::uint32_t>(dtype))) != 0;
}

bool has_bit(const std::array<std::uint64_t, 2>& words, std::uint32_t bit) {
  return bit / 64 < words.size() && (words[bit / 64] >> (bit % 64) & 1) != 0;
}

bool has_bit(std::uint64_t word, std::uint32_t bit) { return bit < 64 && (word >> bit & 1) != 0; }

}  // namespace

const Capabilities::Row* Capabilities::find(std::uint32_t op, std::span<const DType> operands,
                                            int rank, std::uint32_t flags) const {
  for (const Row& row : rows_) {
    bool accepted =
        row.op == op && (row.flags & flags) == flags && rank <= static_cast<int>(row.max_rank);
    for (std::size_t i = 0; accepted && i < operands.size(); ++i)
      accepted = has_dtype(row, i, operands[i]);
    if (accepted) return &row;
  }
  return nullptr;
}

bool Capabilities::accepts_kernel(std::uint32_t op, std::span<const DType> operands,
                                  int rank) const {
  return find(op, operands, rank, 0) != nullptr;
}

bool Capabilities::accepts_strided(std::uint32_t op, std::span<const DType> operands,
                                   int rank) const {
  return has_kernel_flag(op, operands, rank, ASG_CAP_STRIDED);
}

bool Capabilities::has_kernel_flag(std::uint32_t op, std::span<const DType> operands, int rank,
                                   std::uint32_t flag) const {
  return find(op, operands, rank, flag) != nullptr;
}

bool Capabilities::accepts_instruction(std::uint32_t instruction, DType dtype) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
    return row.op == ASG_OP_REGION && has_bit(row.instructions, instruction) &&
           has_dtype(row, 0, dtype);
  });
}

bool Capabilities::accepts_reduction(std::uint32_t reduction, DType dtype) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
    return row.op == ASG_OP_REGION && has_bit(row.reductions, reduction) &&
           has_dtype(row, 0, dtype);
  });
}

bool Capabilities::regions_have(std::uint32_t flag) const {
  bool any = false;
  for (const Row& row : rows_) {
    if (row.op != ASG_OP_REGION) continue;
    // A row without reductions has no tree to keep to.
    const bool concerned = flag != ASG_CAP_FIXED_TREE || row.reductions != 0;
    if (concerned && (row.flags & flag) == 0) return false;
    any |= concerned;
  }
  return any;
}

int Capabilities::max_region_rank() const {
  int rank = 0;
  for (const Row& row : rows_)
    if (row.op == ASG_OP_REGION)
      rank = rank == 0 ? static_cast<int>(row.max_rank)
                       : std::min(rank, static_cast<int>(row.max_rank));
  return std::min(rank, ASG_MAX_RANK);
}

}  // namespace asg
