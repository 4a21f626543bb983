// What a device's backend can compute, as it declares it.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <asg/graph/dtype.hpp>

namespace asg {

/// The table of what a device accepts. Numbers of ops, instructions, reductions and flags are those
/// of asg/sdk/backend.h.
/// Threads  immutable.
class Capabilities {
 public:
  /// A row of the table with the masks copied.
  struct Row {
    std::uint32_t op = 0;
    std::uint32_t flags = 0;
    std::uint32_t max_rank = 0;
    std::vector<std::uint64_t> dtypes;
    std::array<std::uint64_t, 2> instructions{};
    std::uint64_t reductions = 0;
  };

  Capabilities() = default;
  explicit Capabilities(std::vector<Row> rows);

  /// Whether one row of a kernel (ASG_OP_*, not REGION or CLAIMED) takes operands of these types,
  /// inputs first, of at most this rank, and has all of these flags (ASG_CAP_*).
  [[nodiscard]] bool accepts_kernel(std::uint32_t op, std::span<const DType> operands, int rank,
                                    std::uint32_t flags = 0) const;
  /// Whether regions may hold the instruction (ASG_EW_*); `dtype` is that of the result, for
  /// comparisons that of the operands.
  [[nodiscard]] bool accepts_instruction(std::uint32_t instruction, DType dtype) const;
  /// Whether regions may reduce (ASG_REDUCE_*) registers of that type.
  [[nodiscard]] bool accepts_reduction(std::uint32_t reduction, DType dtype) const;
  /// Whether every region row has the flag ASG_CAP_BOUNDS, ASG_CAP_PHASES or
  /// ASG_CAP_FIXED_TREE; ASG_CAP_PHASES only where what is reduced can be read, by ASG_EW_REDUCED.
  [[nodiscard]] bool regions_have(std::uint32_t flag) const;
  /// The most axes that a region may have; 0 when the backend has no regions.
  [[nodiscard]] int max_region_rank() const;

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
  // Of the region rows: the element types of each instruction and of each reduction, as masks.
  std::array<std::uint64_t, 128> instructions_{};
  std::array<std::uint64_t, 64> reductions_{};
};

}  // namespace asg
