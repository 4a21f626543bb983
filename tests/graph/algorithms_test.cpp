#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <vector>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dominator_tree.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>

#include "graph/support.hpp"

using namespace asg;
using Nodes = std::vector<NodeId>;

namespace {

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

std::vector<Edge> chain(NodeId nodes) {
  std::vector<Edge> edges;
  for (NodeId i = 0; i + 1 < nodes; ++i) edges.push_back({i, i + 1});
  return edges;
}

bool is_topological(const Nodes& order, const std::vector<Edge>& edges, std::size_t nodes) {
  std::vector<std::size_t> place(nodes, nodes);
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  return std::all_of(edges.begin(), edges.end(), [&](const Edge& edge) {
    return place[edge.to] == nodes || place[edge.from] < place[edge.to];
  });
}

// By the definition: whether data can flow without passing a node.
bool flows(const Structure& structure, NodeId from, NodeId to, std::optional<NodeId> without) {
  std::vector<bool> seen(structure.size());
  Nodes pending{from};
  while (!pending.empty()) {
    const NodeId node = pending.back();
    pending.pop_back();
    if (node == without || seen[node]) continue;
    seen[node] = true;
    const auto users = structure.users(node);
    pending.insert(pending.end(), users.begin(), users.end());
  }
  return seen[to];
}

Nodes boost_dominators(std::size_t nodes, const std::vector<Edge>& edges, NodeId entry) {
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;
  Graph graph(nodes);
  for (const Edge& edge : edges) boost::add_edge(edge.from, edge.to, graph);
  // The short form of the call takes nodes without a way from the entry for the entry itself.
  const auto index = get(boost::vertex_index, graph);
  using Vertices = std::vector<Graph::vertex_descriptor>;
  Vertices dominators(nodes, Graph::null_vertex());
  Vertices parents(nodes, Graph::null_vertex());
  Vertices by_number(nodes, Graph::null_vertex());
  std::vector<std::size_t> numbers(nodes, std::numeric_limits<std::size_t>::max());
  boost::lengauer_tarjan_dominator_tree(
      graph, entry, index, boost::make_iterator_property_map(numbers.begin(), index),
      boost::make_iterator_property_map(parents.begin(), index), by_number,
      boost::make_iterator_property_map(dominators.begin(), index));
  Nodes result;
  for (const auto parent : dominators) {
    result.push_back(parent == Graph::null_vertex() ? no_node : static_cast<NodeId>(parent));
  }
  return result;
}

// 0 → 1 → {2, 3} → 4 → 5, and 6 on its own.
const std::vector<Edge> diamond{{0, 1}, {1, 2}, {1, 3}, {2, 4}, {3, 4}, {4, 5}};

}  // namespace

BOOST_AUTO_TEST_SUITE(algorithms)

BOOST_AUTO_TEST_CASE(a_structure_mirrors_the_graph) {
  const OpDef join = graph_test::make_join();
  Graph g;
  const Tensor x = g.input("x", f32, {});
  const Tensor y = g.input("y", f32, {});
  const Tensor z = apply(join, {y, x});
  (void)apply(join, {z, z});
  const Structure structure(g);
  const auto list = [](std::span<const NodeId> nodes) { return Nodes(nodes.begin(), nodes.end()); };
  BOOST_TEST(structure.size() == 4u);
  BOOST_TEST((list(structure.operands(2)) == Nodes{1, 0}));
  BOOST_TEST((list(structure.operands(3)) == Nodes{2, 2}));
  BOOST_TEST((list(structure.users(2)) == Nodes{3, 3}));
  BOOST_TEST((list(structure.users(0)) == Nodes{2}));
  BOOST_TEST(structure.operands(0).empty());
  BOOST_TEST(structure.users(3).empty());
}

BOOST_AUTO_TEST_CASE(rows_keep_the_order_of_the_edges) {
  const std::vector<Edge> edges{{3, 4}, {1, 4}, {2, 4}, {1, 4}, {0, 4}};
  const Structure structure(5, edges);
  const auto operands = structure.operands(4);
  BOOST_TEST((Nodes(operands.begin(), operands.end()) == Nodes{3, 1, 2, 1, 0}));
}

BOOST_AUTO_TEST_CASE(an_empty_structure_has_nothing) {
  const Structure structure(0, {});
  BOOST_TEST(structure.size() == 0u);
  BOOST_TEST(structure.topological_order().empty());
  BOOST_TEST(structure.reachable({}).empty());
  BOOST_TEST(structure.dominators({}).empty());
}

BOOST_AUTO_TEST_CASE(topological_orders_list_operands_first) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto edges = random_edges(60, 120, seed);
    const Structure structure(60, edges);
    const Nodes all = structure.topological_order();
    BOOST_TEST(all.size() == 60u);
    BOOST_TEST(is_topological(all, edges, 60));

    const Nodes targets{7, 31};
    const Nodes needed = structure.topological_order(targets);
    const std::vector<bool> mask = structure.reaching(targets);
    BOOST_TEST(is_topological(needed, edges, 60));
    BOOST_TEST(needed.size() ==
               static_cast<std::size_t>(std::count(mask.begin(), mask.end(), true)));
    for (const NodeId node : needed) BOOST_TEST(mask[node]);
  }
}

BOOST_AUTO_TEST_CASE(a_cycle_is_an_internal_error) {
  const std::vector<Edge> edges{{0, 1}, {1, 2}, {2, 1}};
  const Structure structure(3, edges);
  BOOST_TEST(graph_test::message_of<InternalError>([&] { (void)structure.topological_order(); }) ==
             "a graph without cycles is needed, and this one has one\n"
             "  this is a bug in asg, please report it");
  const Nodes entries{0};
  BOOST_CHECK_THROW((void)structure.dominators(entries), InternalError);
}

BOOST_AUTO_TEST_CASE(reach_follows_the_edges_either_way) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const Structure structure(40, random_edges(40, 50, seed));
    const Nodes marked{3, 17};
    const auto forward = structure.reachable(marked);
    const auto backward = structure.reaching(marked);
    for (NodeId node = 0; node < 40; ++node) {
      BOOST_TEST(forward[node] ==
                 (flows(structure, 3, node, {}) || flows(structure, 17, node, {})));
      BOOST_TEST(backward[node] ==
                 (flows(structure, node, 3, {}) || flows(structure, node, 17, {})));
    }
  }
}

BOOST_AUTO_TEST_CASE(paths_are_shortest_and_include_their_ends) {
  auto edges = diamond;
  edges.push_back({0, 4});
  const Structure structure(7, edges);
  BOOST_TEST((structure.shortest_path(0, 5) == Nodes{0, 4, 5}));
  BOOST_TEST((structure.shortest_path(1, 5).size() == 4));
  BOOST_TEST((structure.shortest_path(3, 3) == Nodes{3}));
  BOOST_TEST(structure.shortest_path(5, 0).empty());
  BOOST_TEST(structure.shortest_path(0, 6).empty());
}

BOOST_AUTO_TEST_CASE(dominators_of_a_diamond) {
  const Structure structure(7, diamond);
  const Nodes entries{0};
  BOOST_TEST((structure.dominators(entries) == Nodes{no_node, 0, 1, 1, 1, 4, no_node}));
  const Nodes exits{5};
  BOOST_TEST((structure.post_dominators(exits) == Nodes{1, 4, 4, 4, 5, no_node, no_node}));
  // With a second way in, nothing that both ways reach is dominated by either.
  const Nodes two{0, 3};
  BOOST_TEST((structure.dominators(two) == Nodes{no_node, 0, 1, no_node, no_node, 4, no_node}));
}

BOOST_AUTO_TEST_CASE(dominators_agree_with_their_definition) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const NodeId nodes = 25;
    const auto edges = random_edges(nodes, 30 + seed, seed);
    const Structure structure(nodes, edges);
    const Nodes entries{structure.topological_order().front()};
    const NodeId entry = entries[0];
    const Nodes dominators = structure.dominators(entries);
    for (NodeId node = 0; node < nodes; ++node) {
      if (node == entry || !flows(structure, entry, node, {})) {
        BOOST_TEST(dominators[node] == no_node);
        continue;
      }
      std::vector<bool> on_chain(nodes);
      for (NodeId d = dominators[node]; d != no_node; d = dominators[d]) on_chain[d] = true;
      for (NodeId other = 0; other < nodes; ++other) {
        if (other == node) continue;
        BOOST_TEST(on_chain[other] == !flows(structure, entry, node, other));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(dominators_agree_with_lengauer_and_tarjan) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const NodeId nodes = 500;
    const auto edges = random_edges(nodes, 400 + 40 * seed, seed);
    const Structure structure(nodes, edges);
    const Nodes entries{structure.topological_order()[nodes / 10]};
    BOOST_TEST((structure.dominators(entries) == boost_dominators(nodes, edges, entries[0])));

    std::vector<Edge> reversed;
    for (const Edge& edge : edges) reversed.push_back({edge.to, edge.from});
    BOOST_TEST(
        (structure.post_dominators(entries) == boost_dominators(nodes, reversed, entries[0])));
  }
}

BOOST_AUTO_TEST_CASE(a_million_nodes_are_walked_without_recursion) {
  constexpr NodeId count = 1'000'000;
  // A chain, and beside it ways that a recursive or quadratic method would stumble over: from the
  // first node to every hundredth, and from the end of the chain and its start to more nodes.
  auto edges = chain(count);
  for (NodeId i = 200; i < count; i += 100) edges.push_back({0, i});
  const NodeId extra = 1000;
  for (NodeId i = 0; i < extra; ++i) {
    edges.push_back({count - 1, count + i});
    edges.push_back({1, count + i});
  }
  const Structure structure(count + extra, edges);

  const Nodes first{0};
  const Nodes last{count - 1};
  BOOST_TEST(is_topological(structure.topological_order(), edges, count + extra));
  BOOST_TEST(structure.topological_order(last).size() == count);
  const auto forward = structure.reachable(first);
  const auto backward = structure.reaching(last);
  BOOST_TEST(static_cast<NodeId>(std::count(forward.begin(), forward.end(), true)) ==
             count + extra);
  BOOST_TEST(static_cast<NodeId>(std::count(backward.begin(), backward.end(), true)) == count);
  BOOST_TEST(structure.shortest_path(1, 99).size() == 99u);
  BOOST_TEST(structure.shortest_path(0, count - 1).size() == 101u);

  const Nodes dominators = structure.dominators(first);
  BOOST_TEST(dominators[150] == 149u);
  BOOST_TEST(dominators[200] == 0u);
  BOOST_TEST(dominators[250] == 249u);
  BOOST_TEST(dominators[count] == 0u);
  const Nodes post = structure.post_dominators(last);
  BOOST_TEST(post[0] == 999'900u);
  BOOST_TEST(post[150] == 151u);
}

BOOST_AUTO_TEST_SUITE_END()
