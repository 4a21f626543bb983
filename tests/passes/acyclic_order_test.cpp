// The order of groups against a search through all paths.
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "graph/acyclic_order.hpp"
#include "passes/random_graph.hpp"

namespace {

using namespace asg;
using passes_test::Random;

// Groups and the edges between them, written down plainly.
class Model {
 public:
  explicit Model(std::size_t nodes) : group_(nodes) {
    for (NodeId id = 0; id < nodes; ++id) group_[id] = id;
  }
  void add_edge(NodeId from, NodeId to) { edges_.emplace(from, to); }
  void join(NodeId a, NodeId b) {
    const NodeId gone = group_[a], kept = group_[b];
    std::replace(group_.begin(), group_.end(), gone, kept);
  }
  [[nodiscard]] bool same(NodeId a, NodeId b) const { return group_[a] == group_[b]; }
  // Whether a path leads from the one group to the other; `apart`: through a third one.
  [[nodiscard]] bool leads(NodeId from, NodeId to, bool apart) const {
    std::set<NodeId> seen{group_[from]};
    std::vector<NodeId> open{group_[from]};
    while (!open.empty()) {
      const NodeId at = open.back();
      open.pop_back();
      for (const auto& [a, b] : edges_) {
        if (group_[a] != at || group_[b] == at) continue;
        if (group_[b] == group_[to]) {
          if (apart && at == group_[from]) continue;
          return true;
        }
        if (seen.insert(group_[b]).second) open.push_back(group_[b]);
      }
    }
    return false;
  }
  [[nodiscard]] bool may_join(NodeId a, NodeId b) const {
    return !leads(a, b, true) && !leads(b, a, true);
  }
  [[nodiscard]] const std::set<std::pair<NodeId, NodeId>>& edges() const { return edges_; }

 private:
  std::vector<NodeId> group_;
  std::set<std::pair<NodeId, NodeId>> edges_;
};

struct Pair {
  AcyclicOrder order;
  Model model;
  explicit Pair(std::size_t nodes) : order(nodes), model(nodes) {}
  void add_base_edge(NodeId from, NodeId to) {
    order.add_base_edge(from, to);
    model.add_edge(from, to);
  }
  void check_ranks() const {
    for (const auto& [a, b] : model.edges())
      if (!model.same(a, b)) BOOST_REQUIRE(order.rank(a) < order.rank(b));
  }
};

// Sparse and dense graphs; in the dense ones a first short look does not see all.
Pair random_pair(Random& random, std::int64_t nodes, std::int64_t edges) {
  Pair pair(static_cast<std::size_t>(nodes));
  for (std::int64_t i = 0; i < edges; ++i) {
    const auto a = static_cast<NodeId>(random.below(nodes)),
               b = static_cast<NodeId>(random.below(nodes));
    if (a != b) pair.add_base_edge(std::min(a, b), std::max(a, b));
  }
  return pair;
}

BOOST_AUTO_TEST_CASE(joins_and_edges_are_made_exactly_where_they_close_no_cycle) {
  std::size_t joined = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Random random(seed);
    const std::int64_t nodes = 10 + random.below(60);
    const std::int64_t edges = nodes * (1 + random.below(4)) / 2;
    Pair pair = random_pair(random, nodes, edges);
    for (int i = 0; i < 80; ++i) {
      const auto a = static_cast<NodeId>(random.below(nodes)),
                 b = static_cast<NodeId>(random.below(nodes));
      if (pair.model.same(a, b)) continue;
      BOOST_REQUIRE(pair.order.leads_to(a, b) == pair.model.leads(a, b, false));
      if (random.one_in(3)) {
        const bool may = !pair.model.leads(b, a, false);
        BOOST_REQUIRE(pair.order.add_edge(a, b) == may);
        if (may) pair.model.add_edge(a, b);
      } else {
        const bool may = pair.model.may_join(a, b);
        BOOST_REQUIRE(pair.order.join(a, b) == may);
        if (may) pair.model.join(a, b);
        ++(may ? joined : refused);
      }
      pair.check_ranks();
    }
  }
  BOOST_TEST(joined > 100u);
  BOOST_TEST(refused > 100u);
}

// From a node with many followers only the search from the other side is short, and the other way
// round.
BOOST_AUTO_TEST_CASE(either_side_is_enough) {
  constexpr NodeId many = 1000;
  AcyclicOrder wide(2 * many);
  for (NodeId id = 1; id < many; ++id) wide.add_base_edge(0, id);
  for (NodeId id = many; id + 1 < 2 * many; ++id) wide.add_base_edge(id, 2 * many - 1);
  const std::int64_t before = wide.visits();
  BOOST_TEST(wide.join(0, many));
  BOOST_TEST(wide.join(1, 2 * many - 1));
  BOOST_TEST(wide.visits() - before < 400);
  // The one leads to the other now, through the first group.
  BOOST_TEST(wide.leads_to(0, 2 * many - 1));
  BOOST_TEST(!wide.leads_to(2, 3));

  AcyclicOrder hub(many + 1);
  for (NodeId id = 1; id < many; ++id) hub.add_base_edge(0, id);
  hub.add_base_edge(many - 1, many);
  BOOST_TEST(hub.leads_to(0, many));
  BOOST_TEST(!hub.leads_to(1, many));
  BOOST_TEST(hub.visits() < 400);
}

// All long searches together have an end; what cannot be looked at is not done.
BOOST_AUTO_TEST_CASE(searches_are_given_up_after_work_that_is_linear) {
  constexpr NodeId nodes = 2000;
  AcyclicOrder order(nodes);
  for (NodeId id = 0; id + 1 < nodes; ++id) order.add_base_edge(id, id + 1);
  for (NodeId i = 0; i + 1 < nodes / 2; ++i) BOOST_TEST(!order.join(i, nodes - 1 - i));
  BOOST_TEST(order.visits() < 300 * nodes);
  BOOST_TEST(order.leads_to(0, nodes - 1));
}

}  // namespace
