#include <asg/graph/algorithms.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/topological_sort.hpp>
#include <boost/graph/two_bit_color_map.hpp>

#include <asg/graph/error.hpp>

namespace asg {
namespace {

using Rows =
    boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                       boost::no_property, NodeId, std::uint32_t>;
using Pair = std::pair<NodeId, NodeId>;

Rows make_rows(std::size_t nodes, const std::vector<Pair>& edges) {
  return {boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(),
          static_cast<NodeId>(nodes)};
}

auto make_colors(const Rows& rows) {
  return boost::make_two_bit_color_map(boost::num_vertices(rows),
                                       boost::get(boost::vertex_index, rows));
}

std::span<const NodeId> row(const Rows& rows, NodeId node) {
  const auto [begin, end] = boost::adjacent_vertices(node, rows);
  return {begin, end};
}

std::vector<bool> flood(const Rows& rows, std::span<const NodeId> from) {
  auto colors = make_colors(rows);
  boost::queue<NodeId> pending;
  boost::breadth_first_visit(rows, from.begin(), from.end(), pending, boost::bfs_visitor<>(),
                             colors);
  std::vector<bool> reached(boost::num_vertices(rows));
  for (NodeId node = 0; node < reached.size(); ++node) {
    reached[node] = boost::get(colors, node) != boost::two_bit_white;
  }
  return reached;
}

struct RecordFinished : boost::dfs_visitor<> {
  void finish_vertex(NodeId node, const Rows&) const { order->push_back(node); }
  std::vector<NodeId>* order;
};

struct RecordParents : boost::bfs_visitor<> {
  void tree_edge(Rows::edge_descriptor edge, const Rows& rows) const {
    (*parents)[boost::target(edge, rows)] = boost::source(edge, rows);
  }
  std::vector<NodeId>* parents;
};

// A tree that finds the nearest common ancestor of two nodes in logarithmic time, with one jump
// pointer for each node (Myers: An applicative random-access stack, 1983).
class AncestorTree {
 public:
  explicit AncestorTree(std::size_t nodes)
      : root_(static_cast<NodeId>(nodes)),
        parent_(nodes + 1, root_),
        jump_(nodes + 1, root_),
        depth_(nodes + 1, 0) {}

  [[nodiscard]] NodeId root() const { return root_; }
  [[nodiscard]] NodeId parent(NodeId node) const { return parent_[node]; }

  void add(NodeId node, NodeId parent) {
    const NodeId far = jump_[parent];
    const bool equal_steps = depth_[parent] - depth_[far] == depth_[far] - depth_[jump_[far]];
    parent_[node] = parent;
    jump_[node] = equal_steps ? jump_[far] : parent;
    depth_[node] = depth_[parent] + 1;
  }

  [[nodiscard]] NodeId common(NodeId a, NodeId b) const {
    if (depth_[a] < depth_[b]) std::swap(a, b);
    while (depth_[a] > depth_[b]) a = depth_[jump_[a]] >= depth_[b] ? jump_[a] : parent_[a];
    while (a != b) {
      const auto& step = jump_[a] == jump_[b] ? parent_ : jump_;
      a = step[a];
      b = step[b];
    }
    return a;
  }

 private:
  NodeId root_;
  std::vector<NodeId> parent_;
  std::vector<NodeId> jump_;
  std::vector<std::uint32_t> depth_;
};

// Boost's lengauer_tarjan_dominator_tree recurses as deep as the graph. Without cycles there is a
// simpler way: a node's dominator is the nearest common ancestor of its operands' in the tree of
// dominators so far. `order` lists the nodes along the flow, `into` their edges against it.
std::vector<NodeId> dominator_tree(const std::vector<NodeId>& order, const Rows& into,
                                   const std::vector<bool>& reached,
                                   std::span<const NodeId> entries) {
  const std::size_t count = boost::num_vertices(into);
  std::vector<bool> is_entry(count);
  for (const NodeId entry : entries) is_entry[entry] = true;
  AncestorTree tree(count);
  std::vector<NodeId> result(count, no_node);
  for (const NodeId node : order) {
    if (!reached[node]) continue;
    NodeId dominator = is_entry[node] ? tree.root() : no_node;
    for (const NodeId before : row(into, node)) {
      if (!reached[before]) continue;
      dominator = dominator == no_node ? before : tree.common(dominator, before);
    }
    tree.add(node, dominator);
    if (dominator != tree.root()) result[node] = dominator;
  }
  return result;
}

}  // namespace

struct Structure::Snapshot {
  Snapshot(std::size_t nodes, std::vector<Pair> edges) : users(make_rows(nodes, edges)) {
    for (auto& [from, to] : edges) std::swap(from, to);
    operands = make_rows(nodes, edges);
  }
  Rows users;
  Rows operands;
};

Structure::Structure(const Graph& graph) {
  std::vector<Pair> edges;
  for (NodeId id = 0; id < graph.size(); ++id) {
    for (const Value operand : graph.node(id).operands) edges.emplace_back(operand.node, id);
  }
  snapshot_ = std::make_unique<const Snapshot>(graph.size(), std::move(edges));
}

Structure::Structure(std::size_t nodes, std::span<const Edge> edges) {
  std::vector<Pair> pairs;
  pairs.reserve(edges.size());
  for (const Edge& edge : edges) pairs.emplace_back(edge.from, edge.to);
  snapshot_ = std::make_unique<const Snapshot>(nodes, std::move(pairs));
}

Structure::~Structure() = default;
Structure::Structure(Structure&& other) noexcept = default;
Structure& Structure::operator=(Structure&& other) noexcept = default;

std::size_t Structure::size() const { return boost::num_vertices(snapshot_->users); }
std::span<const NodeId> Structure::operands(NodeId node) const {
  return row(snapshot_->operands, node);
}
std::span<const NodeId> Structure::users(NodeId node) const { return row(snapshot_->users, node); }

std::vector<NodeId> Structure::topological_order() const {
  std::vector<NodeId> order;
  order.reserve(size());
  try {
    // Boost lists targets first, so edges to the operands give what is wanted.
    boost::topological_sort(snapshot_->operands, std::back_inserter(order),
                            boost::color_map(make_colors(snapshot_->operands)));
  } catch (const boost::not_a_dag&) {
    throw InternalError("a graph without cycles is needed, and this one has one");
  }
  return order;
}

std::vector<NodeId> Structure::topological_order(std::span<const NodeId> targets) const {
  std::vector<NodeId> order;
  auto colors = make_colors(snapshot_->operands);
  for (const NodeId target : targets) {
    if (boost::get(colors, target) != boost::two_bit_white) continue;
    boost::depth_first_visit(snapshot_->operands, target, RecordFinished{{}, &order}, colors);
  }
  return order;
}

std::vector<bool> Structure::reachable(std::span<const NodeId> from) const {
  return flood(snapshot_->users, from);
}

std::vector<bool> Structure::reaching(std::span<const NodeId> to) const {
  return flood(snapshot_->operands, to);
}

std::vector<NodeId> Structure::shortest_path(NodeId from, NodeId to) const {
  std::vector<NodeId> parents(size(), no_node);
  auto colors = make_colors(snapshot_->users);
  boost::queue<NodeId> pending;
  boost::breadth_first_visit(snapshot_->users, from, pending, RecordParents{{}, &parents}, colors);
  if (boost::get(colors, to) == boost::two_bit_white) return {};
  std::vector<NodeId> path{to};
  while (path.back() != from) path.push_back(parents[path.back()]);
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<NodeId> Structure::dominators(std::span<const NodeId> entries) const {
  return dominator_tree(topological_order(), snapshot_->operands, reachable(entries), entries);
}

std::vector<NodeId> Structure::post_dominators(std::span<const NodeId> exits) const {
  std::vector<NodeId> order = topological_order();
  std::reverse(order.begin(), order.end());
  return dominator_tree(order, snapshot_->users, reaching(exits), exits);
}

}  // namespace asg
