// Target: what the passes may ask about the backend they compile for.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <asg/graph/graph.hpp>

namespace asg {

/// A backend's answer for a composite that it executes natively.
struct Claim {
  std::uint64_t scratch_bytes = 0;
  std::uint64_t strided_inputs = 0;   ///< bit i: input i may have any strides
  std::uint64_t strided_outputs = 0;  ///< bit i: output i with its axes, but the last, in any order
};

/// What regions may be on a target. Which rule each of them is, and how a region is measured by it,
/// stands in passes/region_rules: what is added here is added there.
struct RegionLimits {
  int rank = 8;
  /// Values one region may touch, a product's operands and results of reductions among them; 0 any
  std::uint32_t buffers = 0;
  std::uint32_t insts = 0;  ///< 0 any
  bool bounds = true;       ///< accesses with bounds
  bool phases = true;
  bool instances = false;
};

/// What memory may be on a target.
struct MemoryLimits {
  std::uint64_t alignment = 64;   ///< bytes, of offsets in the arena
  std::uint64_t value_range = 0;  ///< bytes that one value may span; 0 any
  std::uint64_t buffer_size = 0;  ///< bytes of one slot; 0 any
};

class Target {
 public:
  virtual ~Target() = default;
  /// Nothing when the composite is to be decomposed.
  [[nodiscard]] virtual std::optional<Claim> claim(const Node& node, const Graph& graph) const = 0;
  /// Whether the backend has a kernel (ASG_OP_*) for these types (inputs, then outputs) that has
  /// all of these flags: ASG_CAP_STRIDED reads operands with any strides, ASG_CAP_EPILOGUE applies
  /// a region to the product.
  [[nodiscard]] virtual bool accepts_kernel(std::uint32_t kernel, const Types& types,
                                            std::uint32_t flags) const = 0;
  /// Why the backend does not take a kernel that accepts_kernel accepts, in its own words; empty
  /// when it does.
  [[nodiscard]] virtual std::string refusal(std::uint32_t kernel, std::string_view op,
                                            const Types& types, std::size_t inputs,
                                            const Attributes& attributes) const {
    static_cast<void>(kernel), static_cast<void>(op), static_cast<void>(types);
    static_cast<void>(inputs), static_cast<void>(attributes);
    return {};
  }
  /// Whether regions may hold the instruction on this element type: that of the result, for
  /// comparisons that of the operands.
  [[nodiscard]] virtual bool accepts_instruction(std::uint32_t instruction, DType dtype) const = 0;
  [[nodiscard]] virtual bool accepts_reduction(std::uint32_t kind, DType dtype) const = 0;
  [[nodiscard]] virtual RegionLimits region_limits() const = 0;
  [[nodiscard]] virtual MemoryLimits memory_limits() const = 0;
  /// For messages.
  [[nodiscard]] virtual std::string_view name() const = 0;
};

}  // namespace asg
