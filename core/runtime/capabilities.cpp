#include <asg/runtime/capabilities.hpp>

#include <algorithm>
#include <cstddef>
#include <tuple>

#include <asg/sdk/backend.h>

namespace asg {
namespace {

bool has_dtype(const Capabilities::Row& row, std::size_t operand, DType dtype) {
  if (row.dtypes.empty()) return false;
  const std::uint64_t mask = row.dtypes[std::min(operand, row.dtypes.size() - 1)];
  return (mask & ASG_DTYPE_BIT(static_cast<std::uint32_t>(dtype))) != 0;
}

bool has_bit(std::uint64_t mask, DType dtype) {
  return (mask & ASG_DTYPE_BIT(static_cast<std::uint32_t>(dtype))) != 0;
}

}  // namespace

Capabilities::Capabilities(std::vector<Row> rows) : rows_(std::move(rows)) {
  static_assert(std::tuple_size_v<decltype(instructions_)> == ASG_EW_COUNT);
  for (const Row& row : rows_) {
    if (row.op != ASG_OP_REGION || row.dtypes.empty()) continue;
    for (std::size_t op = 0; op < instructions_.size(); ++op)
      if ((row.instructions[op / 64] >> (op % 64) & 1) != 0) instructions_[op] |= row.dtypes[0];
    for (std::size_t kind = 0; kind < reductions_.size(); ++kind)
      if ((row.reductions >> kind & 1) != 0) reductions_[kind] |= row.dtypes[0];
  }
}

bool Capabilities::accepts_kernel(std::uint32_t op, std::span<const DType> operands, int rank,
                                  std::uint32_t flags) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
    bool accepted =
        row.op == op && (row.flags & flags) == flags && rank <= static_cast<int>(row.max_rank);
    for (std::size_t i = 0; accepted && i < operands.size(); ++i)
      accepted = has_dtype(row, i, operands[i]);
    return accepted;
  });
}

bool Capabilities::accepts_instruction(std::uint32_t instruction, DType dtype) const {
  return instruction < instructions_.size() && has_bit(instructions_[instruction], dtype);
}

bool Capabilities::accepts_reduction(std::uint32_t reduction, DType dtype) const {
  return reduction < reductions_.size() && has_bit(reductions_[reduction], dtype);
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
  std::uint64_t reduced = 0;
  for (const std::uint64_t dtypes : reductions_) reduced |= dtypes;
  return any && (flag != ASG_CAP_PHASES || (reduced & ~instructions_[ASG_EW_REDUCED]) == 0);
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
