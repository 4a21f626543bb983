#include <algorithm>
#include <cstdint>
#include <queue>
#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/build.hpp>

#include "graph/support.hpp"

using namespace asg;
using Nodes = std::vector<NodeId>;

namespace {

const OpDef& join_op() {
  static const OpDef op = graph_test::make_join();
  return op;
}

// Nodes of two operands each, after some inputs.
Graph random_graph(unsigned seed, NodeId inputs, NodeId nodes) {
  std::mt19937 random(seed);
  Graph graph;
  for (NodeId i = 0; i < inputs; ++i) (void)graph.input("x" + std::to_string(i), f32, {});
  while (graph.size() < nodes) {
    const auto any = [&] {
      return graph.tensor({static_cast<NodeId>(random() % graph.size()), 0});
    };
    const Tensor a = any(), b = any();
    (void)apply(join_op(), {a, b});
  }
  return graph;
}

// By the definition: whether data flows from one node to the other.
bool flows(const Graph& graph, NodeId from, NodeId to) {
  std::vector<bool> seen(graph.size());
  Nodes pending{to};
  while (!pending.empty()) {
    const NodeId node = pending.back();
    pending.pop_back();
    if (seen[node]) continue;
    seen[node] = true;
    for (const Value operand : graph.node(node).operands) pending.push_back(operand.node);
  }
  return seen[from];
}

// Edges from smaller to larger numbers after a shuffle of the names: a graph without cycles whose
// numbers are no topological order.
std::vector<Edge> random_edges(NodeId nodes, std::size_t edges, unsigned seed) {
  std::mt19937 random(seed);
  Nodes names(nodes);
  for (NodeId i = 0; i < nodes; ++i) names[i] = i;
  std::shuffle(names.begin(), names.end(), random);
  std::vector<Edge> result;
  while (result.size() < edges) {
    const NodeId a = static_cast<NodeId>(random() % nodes);
    const NodeId b = static_cast<NodeId>(random() % nodes);
    if (a != b) result.push_back({names[std::min(a, b)], names[std::max(a, b)]});
  }
  return result;
}

// The largest first.
class Largest : public ReadyNodes {
 public:
  void add(NodeId node) override { nodes_.push(node); }
  NodeId take() override {
    const NodeId node = nodes_.top();
    nodes_.pop();
    return node;
  }

 private:
  std::priority_queue<NodeId> nodes_;
};

Nodes largest_first(const Structure& structure) {
  Largest ready;
  return structure.topological_order(ready);
}

// The same by looking at all nodes each time.
Nodes plainly_largest_first(std::size_t nodes, const std::vector<Edge>& edges) {
  Nodes order;
  std::vector<bool> done(nodes);
  while (order.size() < nodes) {
    auto node = static_cast<NodeId>(nodes);
    const auto waits = [&](NodeId id) {
      return done[id] || std::any_of(edges.begin(), edges.end(), [&](const Edge& edge) {
               return edge.to == id && !done[edge.from];
             });
    };
    while (waits(--node)) continue;
    done[node] = true;
    order.push_back(node);
  }
  return order;
}

Nodes list(std::span<const NodeId> nodes) { return {nodes.begin(), nodes.end()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(algorithms)

BOOST_AUTO_TEST_CASE(needed_is_what_data_flows_to_a_root_from) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Graph graph = random_graph(seed, 4, 60);
    const Nodes roots{30, 44};
    const std::vector<bool> flags = needed(graph, roots);
    for (NodeId node = 0; node < graph.size(); ++node)
      BOOST_TEST(flags[node] == (flows(graph, node, 30) || flows(graph, node, 44)));
  }
  BOOST_TEST(needed(Graph(), {}).empty());
}

BOOST_AUTO_TEST_CASE(what_only_closed_nodes_need_is_not_needed) {
  Graph g;
  const Tensor x = g.input("x", f32, {}), y = g.input("y", f32, {});
  const Tensor a = apply(join_op(), {x, x});  // 2
  const Tensor b = apply(join_op(), {a, y});  // 3
  (void)apply(join_op(), {b, b});             // 4
  std::vector<bool> closed(g.size(), false);
  closed[2] = true;
  const Nodes root{4}, shut{2};
  BOOST_TEST((needed(g, root, closed) == std::vector<bool>{false, true, true, true, true}));
  BOOST_TEST((needed(g, shut, closed) == std::vector<bool>{false, false, true, false, false}));
}

BOOST_AUTO_TEST_CASE(operands_come_first_and_late) {
  Graph g;
  const Tensor x = g.input("x", f32, {});
  const Tensor a = apply(join_op(), {x, x});  // 1
  const Tensor b = apply(join_op(), {x, x});  // 2
  const Tensor c = apply(join_op(), {a, b});  // 3
  (void)apply(join_op(), {b, b});             // 4
  (void)apply(join_op(), {c, c});             // 5
  std::vector<bool> within(g.size(), true);
  const Nodes roots{5, 4};
  BOOST_TEST((operands_first(g, roots, within) == Nodes{0, 2, 1, 3, 5, 4}));
  within[0] = within[3] = false;
  BOOST_TEST((operands_first(g, roots, within) == Nodes{5, 2, 4}));
}

BOOST_AUTO_TEST_CASE(operands_come_first_in_any_graph) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Graph graph = random_graph(seed, 4, 60);
    const Nodes roots{30, 44};
    const Nodes order = operands_first(graph, roots, std::vector<bool>(graph.size(), true));
    std::vector<bool> seen(graph.size(), false);
    for (const NodeId node : order) {
      for (const Value operand : graph.node(node).operands) BOOST_TEST(seen[operand.node]);
      BOOST_TEST(!seen[node]);
      seen[node] = true;
    }
    BOOST_TEST((seen == needed(graph, roots)));
  }
}

BOOST_AUTO_TEST_CASE(dependents_are_listed_users_first) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const Graph graph = random_graph(seed, 4, 60);
    Nodes expected;
    for (NodeId node = 60; node-- > 0;)
      if ((node != 2 && flows(graph, 2, node)) || (node != 20 && flows(graph, 20, node)))
        expected.push_back(node);
    const auto is_source = [](Value value) { return value.node == 2 || value.node == 20; };
    BOOST_TEST(dependents(graph, 0, 60, is_source) == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(dependents_of_a_range_depend_through_it) {
  Graph g;
  const Tensor x = g.input("x", f32, {});
  const Tensor a = apply(join_op(), {x, x});  // 1
  const Tensor b = apply(join_op(), {a, a});  // 2
  const Tensor c = apply(join_op(), {x, x});  // 3
  (void)apply(join_op(), {c, b});             // 4
  (void)apply(join_op(), {b, b});             // 5
  const auto is_x = [&](Value value) { return value == x.value(); };
  BOOST_TEST((dependents(g, 2, 5, is_x) == Nodes{4, 3}));
  BOOST_TEST((dependents(g, 0, 6, is_x) == Nodes{5, 4, 3, 2, 1}));
  BOOST_TEST(dependents(g, 3, 3, is_x).empty());
}

BOOST_AUTO_TEST_CASE(paths_are_shortest_and_include_their_ends) {
  Graph g;
  const Tensor x = g.input("x", f32, {});
  const Tensor a = apply(join_op(), {x, x});  // 1
  const Tensor b = apply(join_op(), {a, a});  // 2
  const Tensor c = apply(join_op(), {b, x});  // 3
  (void)apply(join_op(), {c, b});             // 4
  BOOST_TEST((shortest_path(g, 0, 4) == Nodes{0, 3, 4}));
  BOOST_TEST((shortest_path(g, 1, 4) == Nodes{1, 2, 4}));
  BOOST_TEST((shortest_path(g, 3, 3) == Nodes{3}));
  BOOST_TEST(shortest_path(g, 4, 0).empty());
}

BOOST_AUTO_TEST_CASE(a_structure_knows_its_edges_once_and_from_both_sides) {
  const Structure structure(5, {{3, 4}, {1, 4}, {2, 4}, {1, 4}, {1, 0}});
  BOOST_TEST(structure.size() == 5u);
  BOOST_TEST((list(structure.operands(4)) == Nodes{1, 2, 3}));
  BOOST_TEST((list(structure.users(1)) == Nodes{0, 4}));
  BOOST_TEST(structure.users(4).empty());
  const Structure reversed = structure.reversed();
  BOOST_TEST((list(reversed.users(4)) == Nodes{1, 2, 3}));
  BOOST_TEST((list(reversed.operands(1)) == Nodes{0, 4}));
  BOOST_TEST(largest_first(Structure(0, {})).empty());
}

BOOST_AUTO_TEST_CASE(of_the_ready_nodes_the_chosen_one_comes_next) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto edges = random_edges(60, 120, seed);
    const Structure structure(60, edges);
    BOOST_TEST(largest_first(structure) == plainly_largest_first(60, edges),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_cycle_and_what_waits_for_it_have_no_order) {
  BOOST_TEST((largest_first(Structure(5, {{0, 1}, {1, 2}, {2, 1}, {2, 3}})) == Nodes{4, 0}));
}

BOOST_AUTO_TEST_CASE(a_million_nodes_are_walked_without_recursion) {
  constexpr NodeId count = 1'000'000;
  Graph graph;
  Tensor y = graph.input("x", f32, {});
  while (graph.size() < count) y = apply(join_op(), {y, y});
  const Nodes first{0}, last{count - 1};
  const std::vector<bool> flags = needed(graph, last);
  BOOST_TEST(static_cast<NodeId>(std::count(flags.begin(), flags.end(), true)) == count);
  const Nodes order = operands_first(graph, last, std::vector<bool>(count, true));
  BOOST_TEST(order.size() == count);
  BOOST_TEST(std::is_sorted(order.begin(), order.end()));
  const auto is_first = [](Value value) { return value.node == 0; };
  BOOST_TEST(dependents(graph, 0, count, is_first).size() == count - 1);
  BOOST_TEST(shortest_path(graph, 0, count - 1).size() == count);

  std::vector<Edge> chain;
  for (NodeId i = 0; i + 1 < count; ++i) chain.push_back({i + 1, i});
  const Nodes back = largest_first(Structure(count, std::move(chain)));
  BOOST_TEST(back.size() == count);
  BOOST_TEST(std::is_sorted(back.rbegin(), back.rend()));
}

BOOST_AUTO_TEST_SUITE_END()
