#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/error.hpp>

#include "graph/support.hpp"

using namespace asg;
using graph_test::message_of;

namespace {

std::int64_t capacity_across(const std::vector<CapacityEdge>& edges,
                             const std::vector<bool>& source_side) {
  std::int64_t sum = 0;
  for (const CapacityEdge& edge : edges) {
    if (!source_side[edge.from] || source_side[edge.to]) continue;
    if (edge.capacity == unlimited) return unlimited;
    sum += edge.capacity;
  }
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(min_cut)

BOOST_AUTO_TEST_CASE(cuts_the_narrowest_edge_of_a_chain) {
  const std::vector<CapacityEdge> edges{{0, 1, 5}, {1, 2, 3}, {2, 3, 4}};
  const MinCut cut = asg::min_cut(4, edges, 0, 3);
  BOOST_TEST(cut.capacity == 3);
  BOOST_TEST((cut.source_side == std::vector<bool>{true, true, false, false}));
}

BOOST_AUTO_TEST_CASE(of_equal_cuts_takes_the_one_at_the_source) {
  const std::vector<CapacityEdge> edges{{0, 1, 3}, {1, 2, 3}, {2, 3, 3}};
  BOOST_TEST(
      (asg::min_cut(4, edges, 0, 3).source_side == std::vector<bool>{true, false, false, false}));
}

BOOST_AUTO_TEST_CASE(edges_against_the_cut_cost_nothing) {
  const std::vector<CapacityEdge> edges{{0, 1, 2}, {1, 3, 9}, {2, 1, 100}, {0, 2, 9}, {2, 3, 1}};
  BOOST_TEST(asg::min_cut(4, edges, 0, 3).capacity == 10);
}

BOOST_AUTO_TEST_CASE(parallel_edges_add_up) {
  const std::vector<CapacityEdge> edges{{0, 1, 2}, {0, 1, 5}, {1, 0, 3}};
  BOOST_TEST(asg::min_cut(2, edges, 0, 1).capacity == 7);
}

BOOST_AUTO_TEST_CASE(separate_parts_need_no_cut) {
  const std::vector<CapacityEdge> edges{{0, 1, 2}, {2, 3, 5}};
  const MinCut cut = asg::min_cut(4, edges, 0, 3);
  BOOST_TEST(cut.capacity == 0);
  BOOST_TEST((cut.source_side == std::vector<bool>{true, true, false, false}));
  BOOST_TEST(asg::min_cut(2, {}, 0, 1).capacity == 0);
}

BOOST_AUTO_TEST_CASE(unlimited_edges_are_never_cut) {
  const std::vector<CapacityEdge> edges{
      {0, 1, unlimited}, {0, 2, unlimited}, {1, 3, 7}, {2, 3, 8}, {3, 4, unlimited}};
  const MinCut cut = asg::min_cut(5, edges, 0, 4);
  BOOST_TEST(cut.capacity == 15);
  BOOST_TEST((cut.source_side == std::vector<bool>{true, true, true, false, false}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_cut_is_an_internal_error) {
  const std::vector<CapacityEdge> joined{{0, 1, unlimited}, {1, 2, unlimited}};
  BOOST_TEST(message_of<InternalError>([&] { (void)asg::min_cut(3, joined, 0, 2); }) ==
             "min_cut: edges of unlimited capacity join the source to the sink\n"
             "  this is a bug in asg, please report it");
  const std::vector<CapacityEdge> negative{{0, 1, -1}};
  BOOST_CHECK_THROW((void)asg::min_cut(2, negative, 0, 1), InternalError);
  BOOST_CHECK_THROW((void)asg::min_cut(2, {}, 1, 1), InternalError);
}

BOOST_AUTO_TEST_CASE(no_other_cut_is_cheaper) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    constexpr std::uint32_t nodes = 9;
    std::vector<CapacityEdge> edges;
    for (int i = 0; i < 25; ++i) {
      const std::uint32_t from = random() % nodes;
      const std::uint32_t to = random() % nodes;
      const bool uncuttable = random() % 8 == 0 && from != 0 && to != nodes - 1;
      if (from != to)
        edges.push_back(
            {from, to, uncuttable ? unlimited : static_cast<std::int64_t>(random() % 10)});
    }
    std::int64_t best = unlimited;
    for (std::uint32_t mask = 0; mask < 1u << (nodes - 2); ++mask) {
      std::vector<bool> side(nodes);
      side[0] = true;
      for (std::uint32_t i = 0; i + 2 < nodes; ++i) side[i + 1] = (mask >> i & 1) != 0;
      best = std::min(best, capacity_across(edges, side));
    }
    const MinCut cut = asg::min_cut(nodes, edges, 0, nodes - 1);
    BOOST_TEST(cut.capacity == best);
    BOOST_TEST(capacity_across(edges, cut.source_side) == best);
    BOOST_TEST(cut.source_side[0]);
    BOOST_TEST(!cut.source_side[nodes - 1]);
  }
}

// The shape of the question what to save for the backward pass: a long chain of values, each of
// which the backward pass reads, so each is either saved or computed again from a saved one.
BOOST_AUTO_TEST_CASE(a_million_nodes_are_cut) {
  constexpr std::uint32_t values = 500'000;
  constexpr std::uint32_t source = 2 * values;
  constexpr std::uint32_t sink = source + 1;
  std::vector<CapacityEdge> edges{{source, 0, unlimited}};
  std::int64_t expected = 0;
  for (std::uint32_t i = 0; i < values; ++i) {
    const std::int64_t bytes = 4 + i % 5;
    edges.push_back({2 * i, 2 * i + 1, bytes});
    edges.push_back({2 * i + 1, sink, unlimited});
    if (i + 1 < values) edges.push_back({2 * i + 1, 2 * i + 2, unlimited});
  }
  expected = 4;  // every value but the first follows from it
  const MinCut cut = asg::min_cut(2 * values + 2, edges, source, sink);
  BOOST_TEST(cut.capacity == expected);
}

// As above where each value can only be made with a large one that is not saved: all are saved.
BOOST_AUTO_TEST_CASE(a_million_nodes_with_many_sources_are_cut) {
  constexpr std::uint32_t values = 500'000;
  constexpr std::uint32_t source = 2 * values;
  constexpr std::uint32_t sink = source + 1;
  std::vector<CapacityEdge> edges;
  std::int64_t expected = 0;
  for (std::uint32_t i = 0; i < values; ++i) {
    const std::int64_t bytes = 4 + i % 5;
    edges.push_back({source, 2 * i, 100});
    edges.push_back({2 * i, 2 * i + 1, bytes});
    edges.push_back({2 * i + 1, sink, unlimited});
    if (i + 1 < values) edges.push_back({2 * i + 1, 2 * i + 2, unlimited});
    expected += bytes;
  }
  const MinCut cut = asg::min_cut(2 * values + 2, edges, source, sink);
  BOOST_TEST(cut.capacity == expected);
}

BOOST_AUTO_TEST_CASE(a_long_chain_is_cut_at_its_end) {
  constexpr std::uint32_t nodes = 1'000'000;
  std::vector<CapacityEdge> edges;
  for (std::uint32_t i = 0; i + 1 < nodes; ++i) edges.push_back({i, i + 1, nodes - i});
  const MinCut cut = asg::min_cut(nodes, edges, 0, nodes - 1);
  BOOST_TEST(cut.capacity == 2);
  BOOST_TEST(cut.source_side[nodes - 2]);
}

BOOST_AUTO_TEST_SUITE_END()
