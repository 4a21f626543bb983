// Which nodes become one kernel. Internal to the passes.
//
// A region runs over a domain of N points in row-major order. Its members are values over all of
// the domain (full), or over its rows (row): a row is the inner R points that a reduction of the
// region takes together. Members read each other at the same point, or a row's value at every point
// of the row; everything else is loaded from memory, through any view.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <asg/graph/algorithms.hpp>
#include <asg/passes/passes.hpp>

#include "passes/acyclic_order.hpp"
#include "passes/sources.hpp"

namespace asg {

/// Values of so few elements count for nothing where memory is concerned.
inline constexpr std::int64_t small_domain = 4096;

/// Whether the instruction's result is worth keeping rather than computing again.
[[nodiscard]] bool is_costly(std::uint32_t instruction);

/// Nodes that one step of the program computes.
struct Kernel {
  std::vector<NodeId> nodes;       ///< ascending; those of a region, without the anchor
  NodeId anchor = no_node;         ///< a node with a kernel of its own; the nodes are its epilogue
  std::int64_t points = 0;         ///< of the domain
  std::int64_t row = 0;            ///< points of a row; 0 when nothing is row-wise
  std::vector<std::int64_t> cuts;  ///< products of the inner axes of the domain, ascending
};

/// What is known of the graph before kernels are formed.
struct Layout {
  explicit Layout(TracedView traced);

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
  void find_free();
  void find_readers();
};

/// Coordinates of a row-major shape from an affine map to its linear index: axis j is
/// offset[j] + sum(coef[j][d] * i[d]). Nothing where they are not affine.
struct Coordinates {
  std::vector<std::int64_t> offset;
  std::vector<Shape> coef;
};
[[nodiscard]] std::optional<Coordinates> coordinates(const View& view, const Shape& shape);

struct Fused {
  std::vector<Kernel> kernels;           ///< in a valid order
  std::vector<std::uint32_t> kernel_of;  ///< node -> its kernel
  std::vector<bool> late;  ///< assigned nodes that are copied to their variable at the end
  AcyclicOrder order;  ///< of the groups, with an edge from each reader of a variable to its writer
};

/// Forms the kernels.
[[nodiscard]] Fused fuse(const Layout& layout, const PassContext& context);

}  // namespace asg
