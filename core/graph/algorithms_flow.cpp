#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/filtered_graph.hpp>
#include <boost/graph/one_bit_color_map.hpp>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/error.hpp>

namespace asg {
namespace {

using Network =
    boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                       boost::no_property, std::uint32_t, std::uint32_t>;

void check(std::span<const CapacityEdge> edges, std::uint32_t source, std::uint32_t sink) {
  if (source == sink) throw InternalError("min_cut: source and sink are the same node");
  for (const CapacityEdge& edge : edges)
    if (edge.capacity < 0) throw InternalError("min_cut: a capacity is negative");
}

// What the source reaches by edges whose number is that, or not.
template <class Numbers>
struct Whose {
  bool operator()(Network::edge_descriptor edge) const {
    return (get(numbers, edge) == number) == equal;
  }
  Numbers numbers;
  std::int64_t number = 0;
  bool equal = true;
};
template <class Numbers>
std::vector<bool> reached(const Network& network, std::uint32_t source, Whose<Numbers> whose) {
  const std::size_t nodes = boost::num_vertices(network);
  const auto colors =
      boost::make_one_bit_color_map(nodes, boost::get(boost::vertex_index, network));
  boost::queue<std::uint32_t> pending;
  boost::breadth_first_visit(boost::make_filtered_graph(network, whose), source, pending,
                             boost::bfs_visitor<>(), colors);
  std::vector<bool> result(nodes);
  for (std::uint32_t node = 0; node < nodes; ++node)
    result[node] = get(colors, node) != boost::one_bit_white;
  return result;
}

}  // namespace

MinCut min_cut(std::size_t nodes, std::span<const CapacityEdge> edges, std::uint32_t source,
               std::uint32_t sink) {
  check(edges, source, sink);

  // Each edge gets a partner for the flow that is taken back; both sorted by where they start.
  const std::size_t count = 2 * edges.size();
  const auto ends = [&](std::size_t arc) {
    const CapacityEdge& edge = edges[arc / 2];
    return arc % 2 == 0 ? std::pair(edge.from, edge.to) : std::pair(edge.to, edge.from);
  };
  std::vector<std::size_t> arcs(count);
  std::iota(arcs.begin(), arcs.end(), std::size_t{0});
  std::stable_sort(arcs.begin(), arcs.end(),
                   [&](std::size_t a, std::size_t b) { return ends(a).first < ends(b).first; });
  std::vector<std::size_t> place(count);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sorted(count);
  std::vector<std::int64_t> capacity(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    place[arcs[i]] = i;
    sorted[i] = ends(arcs[i]);
    if (arcs[i] % 2 == 0) capacity[i] = edges[arcs[i] / 2].capacity;
  }
  Network network(boost::edges_are_sorted, sorted.begin(), sorted.end(),
                  static_cast<std::uint32_t>(nodes), static_cast<std::uint32_t>(count));
  std::vector<Network::edge_descriptor> partner(count);
  {
    const auto [begin, end] = boost::edges(network);
    const std::vector<Network::edge_descriptor> descriptors(begin, end);
    for (std::size_t i = 0; i < count; ++i) partner[i] = descriptors[place[arcs[i] ^ 1]];
  }

  const auto edge_index = boost::get(boost::edge_index, network);
  const auto node_index = boost::get(boost::vertex_index, network);
  const auto capacities = boost::make_iterator_property_map(capacity.begin(), edge_index);
  if (reached(network, source, Whose{capacities, unlimited, true})[sink])
    throw InternalError("min_cut: edges of unlimited capacity join the source to the sink");
  std::vector<std::int64_t> residual(count);
  const auto residuals = boost::make_iterator_property_map(residual.begin(), edge_index);
  std::vector<Network::edge_descriptor> predecessors(nodes);
  std::vector<boost::default_color_type> colors(nodes);
  std::vector<std::uint32_t> distances(nodes);
  MinCut result;
  result.capacity = boost::boykov_kolmogorov_max_flow(
      network, capacities, residuals,
      boost::make_iterator_property_map(partner.begin(), edge_index),
      boost::make_iterator_property_map(predecessors.begin(), node_index),
      boost::make_iterator_property_map(colors.begin(), node_index),
      boost::make_iterator_property_map(distances.begin(), node_index), node_index, source, sink);
  // The algorithm's own colours miss nodes that it gave up late: what the source still reaches
  // through edges with capacity to spare is the side closest to it.
  result.source_side = reached(network, source, Whose{residuals, 0, false});
  return result;
}

}  // namespace asg
