// Graph algorithms over a compact snapshot; passes and differentiation call these.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

/// Stands for "none" where a NodeId is expected.
inline constexpr NodeId no_node = UINT32_MAX;

/// Data flows from one node to another.
struct Edge {
  NodeId from;
  NodeId to;
};

/// The nodes and edges of a graph without their meaning. A snapshot: it does not see nodes that
/// are added later.
/// Threads  const functions may run at once.
/// Memory   8 bytes for each node and 8 for each edge, in four arrays; nothing recurses.
/// Cost     linear to build; each function is linear unless it says otherwise.
class Structure {
 public:
  /// One edge for each operand.
  explicit Structure(const Graph& graph);
  /// Nodes 0..nodes-1 and any edges between them.
  Structure(std::size_t nodes, std::span<const Edge> edges);
  ~Structure();
  Structure(Structure&& other) noexcept;
  Structure& operator=(Structure&& other) noexcept;

  [[nodiscard]] std::size_t size() const;
  /// Where the node's edges come from, in the order of the operands, repetitions included.
  [[nodiscard]] std::span<const NodeId> operands(NodeId node) const;
  /// Where the node's edges go to, once for each edge.
  [[nodiscard]] std::span<const NodeId> users(NodeId node) const;

  /// All nodes, each after its operands.
  /// Errors   InternalError when there is a cycle.
  [[nodiscard]] std::vector<NodeId> topological_order() const;
  /// The nodes that the targets need, each after its operands, depth first: values are made
  /// close to their use.
  [[nodiscard]] std::vector<NodeId> topological_order(std::span<const NodeId> targets) const;

  /// For each node, whether data flows to it from one of the given nodes, themselves included.
  [[nodiscard]] std::vector<bool> reachable(std::span<const NodeId> from) const;
  /// For each node, whether data flows from it to one of the given nodes, themselves included.
  [[nodiscard]] std::vector<bool> reaching(std::span<const NodeId> to) const;

  /// A shortest chain of nodes from one to the other, both included; empty when there is none.
  [[nodiscard]] std::vector<NodeId> shortest_path(NodeId from, NodeId to) const;

  /// For each node, the last node that every way from the entries to it passes; no_node where
  /// there is none or no way. The dominator's dominator is the next, and so on.
  /// Errors   InternalError when there is a cycle.
  /// Cost     n log n.
  [[nodiscard]] std::vector<NodeId> dominators(std::span<const NodeId> entries) const;
  /// The same against the flow: the first node that every way from it to the exits passes.
  [[nodiscard]] std::vector<NodeId> post_dominators(std::span<const NodeId> exits) const;

 private:
  struct Snapshot;
  std::unique_ptr<const Snapshot> snapshot_;
};

/// An edge of a flow network.
struct CapacityEdge {
  std::uint32_t from;
  std::uint32_t to;
  std::int64_t capacity;
};

/// The capacity of an edge that no cut may separate.
inline constexpr std::int64_t unlimited = INT64_MAX;

/// The cheapest way to separate two nodes.
struct MinCut {
  std::int64_t capacity = 0;      ///< of the edges that lead from the source's side to the other
  std::vector<bool> source_side;  ///< for each node
};

/// Separates the sink from the source at the least capacity; of several such cuts, the one
/// closest to the source.
/// Errors   InternalError when every cut separates an unlimited edge, a capacity is negative or
///          source and sink are one node.
/// Source   Boykov, Kolmogorov: An Experimental Comparison of Min-Cut/Max-Flow Algorithms (2004)
[[nodiscard]] MinCut min_cut(std::size_t nodes, std::span<const CapacityEdge> edges,
                             std::uint32_t source, std::uint32_t sink);

/// Text for the nodes and edges of a picture, in Graphviz's attribute syntax: `label="x"`.
struct Picture {
  std::string preamble;            ///< statements before the nodes: defaults, clusters
  std::vector<std::string> nodes;  ///< attributes of each node
  std::vector<Edge> edges;
  std::vector<std::string> edge_attributes;  ///< of each edge, or empty
};

/// Writes a picture in Graphviz's DOT language; nodes are called 0, 1, 2…
void write_dot(std::ostream& out, const Picture& picture);

/// A text as Graphviz takes it between quotes.
[[nodiscard]] std::string dot_quoted(const std::string& text);

}  // namespace asg
