// A topological order of groups of nodes that is kept while groups are joined and edges are added.
// Boost.Graph has none that is kept. Its visits are no help in the searches either: one that may stop
// at any edge, as these do when a path is found or enough was looked at, stops by an exception.
// Internal to the library.
#pragma once
#include <cstdint>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

/// Groups begin as single nodes. Only what lies between the two groups in the order is looked at,
/// first a little of it from either side. All searches together look at a number of edges that is
/// linear in the nodes: when it is used up, a search that would be long is given up.
/// Source   Pearce, Kelly: A dynamic topological sort algorithm for directed acyclic graphs (2006).
class AcyclicOrder {
 public:
  explicit AcyclicOrder(std::size_t nodes);

  /// Before the first join: `from` comes before `to`; ids must be a topological order.
  void add_base_edge(NodeId from, NodeId to);
  /// Adds from -> to. False when that would close a cycle, or may do so.
  [[nodiscard]] bool add_edge(NodeId from, NodeId to);
  /// Joins the groups of two nodes. False when a path leads from one to the other through a third
  /// group, or may do so.
  [[nodiscard]] bool join(NodeId a, NodeId b);
  /// Whether a path leads from the one group to the other, or may do so.
  [[nodiscard]] bool leads_to(NodeId from, NodeId to);

  /// The group of a node, named by one of its members.
  [[nodiscard]] NodeId group(NodeId node) const;
  /// Groups with a smaller rank never depend on groups with a larger one.
  [[nodiscard]] std::uint32_t rank(NodeId node) const { return rank_[group(node)]; }
  [[nodiscard]] const std::vector<NodeId>& members(NodeId group) const { return members_[group]; }
  /// How many edges all searches together have looked at.
  [[nodiscard]] std::int64_t visits() const { return visits_; }
  [[nodiscard]] const std::vector<NodeId>& successors(NodeId node) const { return out_[node]; }
  [[nodiscard]] const std::vector<NodeId>& predecessors(NodeId node) const { return in_[node]; }

 private:
  static constexpr std::int64_t few_edges = 64, edges_a_node = 32;
  enum class Step { enter, skip, stop };
  enum class Found { all, path, unknown };
  // Collects the groups that edges lead to from a group, as far as `enter` lets it.
  template <class Enter>
  Found search(NodeId from, const std::vector<std::vector<NodeId>>& edges, bool brief,
               std::vector<NodeId>& found, Enter enter);
  // Whether one group leads to another; with `apart`, by more than the edges between the two. What
  // the first leads to, up to the last, is in after_.
  Found search_after(NodeId first, NodeId last, bool apart, bool brief);
  // The same from the other side: what leads to the last is in before_.
  Found search_before(NodeId first, NodeId last, bool apart, bool brief);
  void reorder(NodeId first, NodeId last, bool joined);

  mutable std::vector<NodeId> parent_;
  std::vector<std::uint32_t> rank_;  // of groups
  std::vector<std::vector<NodeId>> members_, out_, in_;
  std::vector<NodeId> after_, before_, open_;  // of the last search
  std::vector<std::uint32_t> mark_;
  std::uint32_t now_ = 0;
  std::int64_t budget_;
  std::int64_t visits_ = 0;
};

}  // namespace asg
