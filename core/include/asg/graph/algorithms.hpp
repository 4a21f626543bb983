// Graph algorithms, by Boost.Graph; passes and differentiation call these, and see no Boost header.
// What is said of a Graph's nodes looks at the graph as it stands: no edge is copied. Everything is
// linear in what it meets unless it says otherwise, and nothing recurses.
#pragma once
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

/// Stands for "none" where a NodeId is expected.
inline constexpr NodeId no_node = UINT32_MAX;

/// For each node, whether one of the roots needs it; the roots themselves are needed. What only
/// nodes flagged in `closed` need is not; an empty `closed` flags none.
[[nodiscard]] std::vector<bool> needed(const Graph& graph, std::span<const NodeId> roots,
                                       const std::vector<bool>& closed = {});

/// The nodes that the roots need through nodes flagged in `within`, themselves included, each after
/// its operands, depth first: values are made close to their use.
[[nodiscard]] std::vector<NodeId> operands_first(const Graph& graph, std::span<const NodeId> roots,
                                                 const std::vector<bool>& within);

/// The nodes of [begin, end) that read a source, or depend on one through nodes of the range, each
/// after all that read it: the order in which gradients are made.
[[nodiscard]] std::vector<NodeId> dependents(const Graph& graph, NodeId begin, NodeId end,
                                             const std::function<bool(Value)>& is_source);

/// A shortest chain of nodes by which data flows from one to the other, both included; empty when
/// there is none.
[[nodiscard]] std::vector<NodeId> shortest_path(const Graph& graph, NodeId from, NodeId to);

/// Data flows from one node to another.
struct Edge {
  NodeId from;
  NodeId to;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

/// Which of the nodes that wait for nothing any more comes next.
class ReadyNodes {
 public:
  ReadyNodes() = default;
  virtual ~ReadyNodes() = default;
  ReadyNodes(const ReadyNodes&) = delete;
  ReadyNodes& operator=(const ReadyNodes&) = delete;
  virtual void add(NodeId node) = 0;
  virtual NodeId take() = 0;  ///< one of those added; asked only while there are some
};

/// Nodes that wait for others, such as kernels, and nothing of what they mean.
/// Threads  const functions may run at once.
/// Memory   8 bytes for each node and 8 for each edge, in four arrays.
class Structure {
 public:
  /// Nodes 0..nodes-1 and any edges between them; of equal edges one counts. Cost n log n.
  Structure(std::size_t nodes, std::vector<Edge> edges);
  ~Structure();
  Structure(Structure&& other) noexcept;
  Structure& operator=(Structure&& other) noexcept;

  [[nodiscard]] std::size_t size() const;
  /// Where the node's edges come from, and where they go to; ascending.
  [[nodiscard]] std::span<const NodeId> operands(NodeId node) const;
  [[nodiscard]] std::span<const NodeId> users(NodeId node) const;
  /// The same with all edges turned round.
  [[nodiscard]] Structure reversed() const;

  /// The nodes, each after its operands, as `ready` chooses. Nodes of a cycle, and what waits for
  /// them, are missing.
  [[nodiscard]] std::vector<NodeId> topological_order(ReadyNodes& ready) const;

 private:
  struct Rows;
  explicit Structure(std::unique_ptr<const Rows> rows);
  std::unique_ptr<const Rows> rows_;
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
