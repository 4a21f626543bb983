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
    std::vector<std::uint32_t> dtypes;
    std::array<std::uint64_t, 2> instructions{};
    std::uint64_t reductions = 0;
  };

  Capabilities() = default;
  explicit Capabilities(std::vector<Row> rows) : rows_(std::move(rows)) {}

  /// Whether a kernel (ASG_OP_*, not REGION or CLAIMED) takes operands of these types, inputs
  /// first, of at most this rank.
  [[nodiscard]] bool accepts_kernel(std::uint32_t op, std::span<const DType> operands,
                                    int rank) const;
  /// Whether it also takes inputs with any strides; without, they must be row-major.
  [[nodiscard]] bool accepts_strided(std::uint32_t op, std::span<const DType> operands,
                                     int rank) const;
  /// Whether one row with that flag (ASG_CAP_*) takes such operands.
  [[nodiscard]] bool has_kernel_flag(std::uint32_t op, std::span<const DType> operands, int rank,
                                     std::uint32_t flag) const;
  /// Whether regions may hold the instruction (ASG_EW_*); `dtype` is that of the result, for
  /// comparisons that of the operands.
  [[nodiscard]] bool accepts_instruction(std::uint32_t instruction, DType dtype) const;
  /// Whether regions may reduce (ASG_REDUCE_*) registers of that type.
  [[nodiscard]] bool accepts_reduction(std::uint32_t reduction, DType dtype) const;
  /// Whether every region row has the flag ASG_CAP_BOUNDS, ASG_CAP_INDEX, ASG_CAP_PHASES or
  /// ASG_CAP_FIXED_TREE.
  [[nodiscard]] bool regions_have(std::uint32_t flag) const;
  /// The most axes that a region may have; 0 when the backend has no regions.
  [[nodiscard]] int max_region_rank() const;

  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

 private:
  [[nodiscard]] const Row* find(std::uint32_t op, std::span<const DType> operands, int rank,
                                std::uint32_t flags) const;
  std::vector<Row> rows_;
};

}  // namespace asg
