#include <bit>

#include <asg/graph/op.hpp>

#include "graph_passes.hpp"
#include "rewrite.hpp"

namespace asg {
namespace {

std::size_t combine(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15u + (seed << 6) + (seed >> 2));
}

// The nodes of a graph that is being written, by what they compute.
class Known {
 public:
  Known(const Graph& graph, std::size_t most)
      : graph_(graph), places_(std::bit_ceil(2 * most + 1)) {}

  // The place of the equal node, or the empty place where it belongs.
  NodeId* find(const Node& node, const Tensors& operands) {
    std::size_t hash = combine(std::hash<const void*>{}(&node.op), node.attributes.hash());
    for (const Tensor& t : operands)
      hash = combine(hash, (std::size_t{t.value().node} << 8) + t.value().output);
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = places_.size() - 1;
    std::size_t at = hash & mask;
    while (places_[at].node != none &&
           (places_[at].tag != tag || !equal(graph_.node(places_[at].node), node, operands)))
      at = (at + 1) & mask;
    places_[at].tag = tag;
    return &places_[at].node;
  }

  static constexpr NodeId none = 0xffffffffu;

 private:
  struct Place {
    std::uint32_t tag = 0;  // of the hash
    NodeId node = none;
  };
  static bool equal(const Node& known, const Node& node, const Tensors& operands) {
    if (&known.op != &node.op || known.operands.size() != operands.size()) return false;
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (known.operands[i] != operands[i].value()) return false;
    return known.attributes == node.attributes;
  }

  const Graph& graph_;
  std::vector<Place> places_;  // twice as many as nodes: a chain of taken ones is short
};

}  // namespace

Traced merge_common(TracedView traced, const PassContext&) {
  Rewrite rewrite(traced);
  Known known(rewrite.graph(), traced.graph.size());
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    // Leaves with names are unique already, and an assign is an effect.
    if (node.attributes.has("name") || node.outputs.empty()) {
      rewrite.copy(node);
      continue;
    }
    NodeId* const place = known.find(node, rewrite.operands(node));
    if (*place == Known::none) {
      *place = rewrite.copy(node)[0].value().node;
      continue;
    }
    Tensors outputs;
    for (std::uint32_t k = 0; k < node.outputs.size(); ++k)
      outputs.push_back(rewrite.graph().tensor({*place, k}));
    rewrite.set(node, outputs);
  }
  return rewrite.finish();
}

}  // namespace asg
