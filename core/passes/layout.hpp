// What is known of the graph before kernels are formed. Internal to the passes.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include <asg/passes/passes.hpp>
#include <asg/passes/target.hpp>

#include "passes/sources.hpp"

namespace asg {

/// Values of so few elements count for nothing where memory is concerned.
inline constexpr std::int64_t small_domain = 4096;

/// Whether the instruction's result is worth keeping rather than computing again.
[[nodiscard]] bool is_costly(std::uint32_t instruction);

/// The types of a node's operands and results, in the order of a backend's rows.
[[nodiscard]] Types types_of(const Graph& graph, const Node& node);

/// Whether the node is a constant of one element, which becomes part of the instructions.
[[nodiscard]] bool is_number(const Node& node);

/// What is known of the graph before kernels are formed.
struct Layout {
  Layout(TracedView traced, const RegionLimits& limits);

  const Graph& graph;
  const Tensors& outputs;
  std::vector<bool> live;
  Sources sources;
  enum class Kind : std::uint8_t { none, element, reduce, kernel };
  std::vector<Kind> kind;
  /// Computed again wherever it is read: cheap, and made of nothing but numbers (masks, positions).
  std::vector<bool> free;
  /// Instructions that computing an elementwise node takes at most, loads included.
  std::vector<int> insts;
  std::vector<bool> in_memory;  ///< computed nodes whose value some reader needs in memory
  /// Nodes that read each node's values from memory or in a region, through views.
  std::vector<std::vector<NodeId>> readers;
  std::vector<std::vector<NodeId>> reads;  ///< inputs and variables behind a free value
  /// The variable that a node's output 0 is written to, and whether it may be so in place.
  std::vector<NodeId> assigned;

  [[nodiscard]] bool is_region(NodeId id) const {
    return kind[id] == Kind::element || kind[id] == Kind::reduce;
  }
  /// Whether the reader can compute the free value anew where it reads it.
  [[nodiscard]] bool can_inline(NodeId reader, const Source& source) const;

 private:
  void classify();
  void find_free(const RegionLimits& limits);
  void find_readers();
};

/// Coordinates of a row-major shape from an affine map to its linear index: axis j is
/// offset[j] + sum(coef[j][d] * i[d]). Nothing where they are not affine.
struct Coordinates {
  std::vector<std::int64_t> offset;
  std::vector<Shape> coef;
};
[[nodiscard]] std::optional<Coordinates> coordinates(const View& view, const Shape& shape);

}  // namespace asg
