// Target: what the passes may ask about the backend they compile for.
#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

/// A backend's answer for a composite that it executes natively.
struct Claim {
  std::uint64_t scratch_bytes = 0;
  std::uint64_t strided_inputs = 0;   ///< bit i: input i may have any strides
  std::uint64_t strided_outputs = 0;  ///< bit i: output i with its axes, but the last, in any order
  std::vector<std::pair<std::uint32_t, std::uint32_t>> in_place =
      {};  ///< {input, output} may be one
};

/// What regions may be on a target.
struct RegionLimits {
  int rank = 8;
  /// Values one region may touch, a product's operands and results of reductions among them; 0 any
  std::uint32_t buffers = 0;
  std::uint32_t insts = 0;    ///< 0 any
  bool bounds = true;         ///< loads with bounds
  bool phases = true;
  bool instances = false;
};

class Target {
 public:
  virtual ~Target() = default;
  /// Nothing when the composite is to be decomposed.
  [[nodiscard]] virtual std::optional<Claim> claim(const Node& node, const Graph& graph) const = 0;
  /// Whether the backend has a kernel for these types (inputs, then outputs).
  [[nodiscard]] virtual bool accepts_kernel(std::uint32_t kernel, const Types& types) const = 0;
  /// Whether that kernel reads operands with any strides.
  [[nodiscard]] virtual bool accepts_strided(std::uint32_t kernel, const Types& types) const = 0;
  /// Whether regions may hold the instruction on this element type.
  [[nodiscard]] virtual bool accepts_instruction(std::uint32_t instruction, DType dtype) const = 0;
  [[nodiscard]] virtual bool accepts_reduction(std::uint32_t kind, DType dtype) const = 0;
  /// Whether that kernel, a matmul, applies a region to what it computes.
  [[nodiscard]] virtual bool accepts_epilogue(const Types& types) const = 0;
  [[nodiscard]] virtual RegionLimits region_limits() const = 0;
  /// Bytes to which offsets in the arena are aligned.
  [[nodiscard]] virtual std::uint64_t alignment() const = 0;
  /// For messages.
  [[nodiscard]] virtual std::string_view name() const = 0;
};

}  // namespace asg
