#include <asg/graph/algorithms.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/one_bit_color_map.hpp>
#include <boost/iterator/iterator_adaptor.hpp>

namespace asg {
namespace {

// ---- a Graph as Boost sees it: an edge leads from each node to each of its operands ------------

struct Need {
  NodeId from = 0;
  NodeId to = 0;
  friend bool operator==(const Need&, const Need&) = default;
};

// From the last operand to the first, which only operands_first can tell.
class NeedIterator : public boost::iterator_adaptor<NeedIterator, const Value*, Need,
                                                    boost::forward_traversal_tag, Need> {
 public:
  NeedIterator() = default;
  NeedIterator(NodeId from, const Value* behind)
      : NeedIterator::iterator_adaptor_(behind), from_(from) {}

 private:
  friend class boost::iterator_core_access;
  [[nodiscard]] Need dereference() const { return {from_, std::prev(base())->node}; }
  void increment() { --base_reference(); }
  NodeId from_ = 0;
};

struct Needs {
  using vertex_descriptor = NodeId;
  using edge_descriptor = Need;
  using out_edge_iterator = NeedIterator;
  using degree_size_type = std::size_t;
  using directed_category = boost::directed_tag;
  using edge_parallel_category = boost::allow_parallel_edge_tag;
  using traversal_category = boost::incidence_graph_tag;

  const Graph& graph;
  const std::vector<bool>* closed = nullptr;  // nodes whose operands are not looked at

  [[nodiscard]] std::span<const Value> operands(NodeId node) const {
    if (closed != nullptr && (*closed)[node]) return {};
    return graph.node(node).operands;
  }
};

std::pair<NeedIterator, NeedIterator> out_edges(NodeId node, const Needs& needs) {
  const std::span<const Value> operands = needs.operands(node);
  return {{node, operands.data() + operands.size()}, {node, operands.data()}};
}
std::size_t out_degree(NodeId node, const Needs& needs) { return needs.operands(node).size(); }
NodeId source(const Need& need, const Needs&) { return need.from; }
NodeId target(const Need& need, const Needs&) { return need.to; }

// ---- what Boost's visits are given ----------------------------------------------------------

// Flags as colours: a node that is flagged, or stands before all that have a flag, is not entered.
struct Met {
  using key_type = NodeId;
  using value_type = boost::one_bit_color_type;
  using reference = void;
  using category = boost::read_write_property_map_tag;

  std::vector<bool>* flags;
  NodeId first = 0;
};
boost::one_bit_color_type get(const Met& met, NodeId node) {
  const bool is_met = node < met.first || (*met.flags)[node - met.first];
  return is_met ? boost::one_bit_not_white : boost::one_bit_white;
}
void put(const Met& met, NodeId node, boost::one_bit_color_type color) {
  (*met.flags)[node - met.first] = color != boost::one_bit_white;
}

// The queue of a breadth-first visit where any order will do.
class Pile {
 public:
  void push(NodeId node) { nodes_.push_back(node); }
  void pop() { nodes_.pop_back(); }
  [[nodiscard]] NodeId top() const { return nodes_.back(); }
  [[nodiscard]] bool empty() const { return nodes_.empty(); }

 private:
  std::vector<NodeId> nodes_;
};

template <class Call>
struct OnFinish : boost::dfs_visitor<> {
  explicit OnFinish(Call& what) : call(&what) {}
  void finish_vertex(NodeId node, const Needs&) const { (*call)(node); }
  Call* call;
};

struct RecordUsers : boost::bfs_visitor<> {
  explicit RecordUsers(std::vector<NodeId>& into) : users(&into) {}
  void tree_edge(const Need& need, const Needs&) const { (*users)[need.to] = need.from; }
  std::vector<NodeId>* users;
};

}  // namespace

// ---- the nodes of a graph ----------------------------------------------------

std::vector<bool> needed(const Graph& graph, std::span<const NodeId> roots,
                         const std::vector<bool>& closed) {
  std::vector<bool> flags(graph.size(), false);
  Pile pile;
  boost::breadth_first_visit(Needs{graph, closed.empty() ? nullptr : &closed}, roots.begin(),
                             roots.end(), pile, boost::bfs_visitor<>(), Met{&flags});
  return flags;
}

std::vector<NodeId> operands_first(const Graph& graph, std::span<const NodeId> roots,
                                   const std::vector<bool>& within) {
  std::vector<bool> met = within;
  met.flip();
  std::vector<NodeId> order;
  const auto finish = [&](NodeId node) { order.push_back(node); };
  for (const NodeId root : roots)
    if (!met[root]) boost::depth_first_visit(Needs{graph}, root, OnFinish(finish), Met{&met});
  return order;
}

std::vector<NodeId> dependents(const Graph& graph, NodeId begin, NodeId end,
                               const std::function<bool(Value)>& is_source) {
  std::vector<bool> met(end - begin, false), depends(end - begin, false);
  std::vector<NodeId> order;
  const auto finish = [&](NodeId node) {
    const std::span<const Value> operands = graph.node(node).operands;
    if (std::none_of(operands.begin(), operands.end(), [&](Value operand) {
          return (operand.node >= begin && depends[operand.node - begin]) || is_source(operand);
        }))
      return;
    depends[node - begin] = true;
    order.push_back(node);
  };
  // From the first to the last, so that nodes finish in the order of creation.
  for (NodeId node = begin; node < end; ++node)
    if (!met[node - begin])
      boost::depth_first_visit(Needs{graph}, node, OnFinish(finish), Met{&met, begin});
  std::reverse(order.begin(), order.end());
  return order;
}

std::vector<NodeId> shortest_path(const Graph& graph, NodeId from, NodeId to) {
  std::vector<NodeId> users(graph.size(), no_node);
  std::vector<bool> met(graph.size(), false);
  boost::queue<NodeId> pending;
  boost::breadth_first_visit(Needs{graph}, to, pending, RecordUsers(users), Met{&met});
  if (!met[from]) return {};
  std::vector<NodeId> path{from};
  while (path.back() != to) path.push_back(users[path.back()]);
  return path;
}

// ---- any nodes ---------------------------------------------------------------

namespace {

using Adjacency =
    boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                       boost::no_property, NodeId, std::uint32_t>;

Adjacency make_adjacency(std::size_t nodes, const std::vector<std::pair<NodeId, NodeId>>& edges) {
  return {boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(),
          static_cast<NodeId>(nodes)};
}

std::span<const NodeId> ends(const Adjacency& edges, NodeId node) {
  const auto [begin, end] = boost::adjacent_vertices(node, edges);
  return {begin, end};
}

// For each node, how many nodes it waits for; those that wait for none are white.
struct Waits {
  using key_type = NodeId;
  using value_type = boost::one_bit_color_type;
  using reference = void;
  using category = boost::read_write_property_map_tag;

  std::vector<std::uint32_t>* counts;
};
boost::one_bit_color_type get(const Waits& waits, NodeId node) {
  return (*waits.counts)[node] == 0 ? boost::one_bit_white : boost::one_bit_not_white;
}
// A node is met for the last time when it becomes white.
void put(const Waits&, NodeId, boost::one_bit_color_type) {}

struct CountDown : boost::bfs_visitor<> {
  CountDown(std::vector<std::uint32_t>& waits, std::vector<NodeId>& into)
      : counts(&waits), order(&into) {}
  void examine_vertex(NodeId node, const Adjacency&) const { order->push_back(node); }
  void examine_edge(Adjacency::edge_descriptor edge, const Adjacency& edges) const {
    --(*counts)[boost::target(edge, edges)];
  }
  std::vector<std::uint32_t>* counts;
  std::vector<NodeId>* order;
};

// ReadyNodes as the queue of a breadth-first visit.
class ReadyQueue {
 public:
  explicit ReadyQueue(ReadyNodes& ready) : ready_(ready) {}
  void push(NodeId node) {
    ready_.add(node);
    ++count_;
  }
  void pop() { --count_; }
  [[nodiscard]] NodeId top() { return ready_.take(); }
  [[nodiscard]] bool empty() const { return count_ == 0; }

 private:
  ReadyNodes& ready_;
  std::size_t count_ = 0;
};

}  // namespace

struct Structure::Rows {
  Adjacency operands;
  Adjacency users;
};

Structure::Structure(std::size_t nodes, std::vector<Edge> edges) {
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<std::pair<NodeId, NodeId>> along, against;
  for (const Edge& edge : edges) {
    along.emplace_back(edge.from, edge.to);
    against.emplace_back(edge.to, edge.from);
  }
  rows_ = std::make_unique<const Rows>(
      Rows{make_adjacency(nodes, against), make_adjacency(nodes, along)});
}

Structure::Structure(std::unique_ptr<const Rows> rows) : rows_(std::move(rows)) {}
Structure::~Structure() = default;
Structure::Structure(Structure&& other) noexcept = default;
Structure& Structure::operator=(Structure&& other) noexcept = default;

std::size_t Structure::size() const { return boost::num_vertices(rows_->users); }
std::span<const NodeId> Structure::operands(NodeId node) const {
  return ends(rows_->operands, node);
}
std::span<const NodeId> Structure::users(NodeId node) const { return ends(rows_->users, node); }

Structure Structure::reversed() const {
  return Structure(std::make_unique<const Rows>(Rows{rows_->users, rows_->operands}));
}

// A breadth-first visit where a node is discovered by the last of those that it waits for.
std::vector<NodeId> Structure::topological_order(ReadyNodes& ready) const {
  std::vector<std::uint32_t> waits;
  std::vector<NodeId> first, order;
  for (NodeId node = 0; node < size(); ++node) {
    waits.push_back(static_cast<std::uint32_t>(operands(node).size()));
    if (waits.back() == 0) first.push_back(node);
  }
  order.reserve(size());
  ReadyQueue queue(ready);
  boost::breadth_first_visit(rows_->users, first.begin(), first.end(), queue,
                             CountDown(waits, order), Waits{&waits});
  return order;
}

}  // namespace asg
