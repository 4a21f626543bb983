// A topological order of groups of nodes that is kept while groups are joined and edges are added.
// Internal to the passes.
#pragma once
#include <cstdint>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

/// Groups begin as single nodes. Only what lies between the two groups in the order is looked at.
/// All searches together look at a number of edges that is linear in the nodes: when it is used up,
/// a search that would be long is given up, and the answer is no.
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

  /// The group of a node, named by one of its members.
  [[nodiscard]] NodeId group(NodeId node) const;
  /// Groups with a smaller rank never depend on groups with a larger one.
  [[nodiscard]] std::uint32_t rank(NodeId node) const { return rank_[group(node)]; }
  [[nodiscard]] const std::vector<NodeId>& members(NodeId group) const { return members_[group]; }
  [[nodiscard]] const std::vector<NodeId>& successors(NodeId node) const { return out_[node]; }
  [[nodiscard]] const std::vector<NodeId>& predecessors(NodeId node) const { return in_[node]; }

 private:
  static constexpr std::int64_t few_edges = 256, edges_a_node = 256;
  enum class Step { enter, skip, stop };
  // Collects the groups that edges lead to from a group, as far as `enter` lets it. False when it
  // was stopped, or given up.
  template <class Enter>
  bool search(NodeId from, const std::vector<std::vector<NodeId>>& edges,
              std::vector<NodeId>& found, Enter enter);
  // Whether `from` leads to no other way to `target`; what it does lead to, up to there, is in
  // after_.
  bool leads_elsewhere(NodeId from, NodeId target, bool skip_direct);
  // What leads to `from` from behind rank `limit` is in before_.
  bool find_before(NodeId from, std::uint32_t limit);
  void reorder(NodeId first, NodeId last, bool joined);

  mutable std::vector<NodeId> parent_;
  std::vector<std::uint32_t> rank_;  // of groups
  std::vector<std::vector<NodeId>> members_, out_, in_;
  std::vector<NodeId> after_, before_;  // of the last search
  std::vector<std::uint32_t> mark_;
  std::uint32_t now_ = 0;
  std::int64_t budget_;
};

}  // namespace asg
