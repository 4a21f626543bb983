#include <unordered_map>

#include <asg/graph/op.hpp>

#include "graph_passes.hpp"
#include "rewrite.hpp"

namespace asg {
namespace {

std::size_t combine(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15u + (seed << 6) + (seed >> 2));
}

}  // namespace

Traced merge_common(TracedView traced, const PassContext&) {
  Rewrite rewrite(traced);
  std::unordered_multimap<std::size_t, NodeId> known;  // hash -> node of the new graph
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    // Leaves with names are unique already, and an assign is an effect.
    const bool has_name = node.attributes.has("name");
    if (has_name || node.outputs.empty()) {
      rewrite.copy(node);
      continue;
    }
    const Tensors operands = rewrite.operands(node);
    std::size_t hash = combine(std::hash<const void*>{}(&node.op), node.attributes.hash());
    for (const Tensor& t : operands)
      hash = combine(hash, (std::size_t{t.value().node} << 8) + t.value().output);

    bool found = false;
    const auto [begin, end] = known.equal_range(hash);
    for (auto it = begin; it != end && !found; ++it) {
      const Node other = rewrite.graph().node(it->second);
      if (&other.op != &node.op || other.operands.size() != operands.size()) continue;
      bool same = true;
      for (std::size_t i = 0; i < operands.size() && same; ++i)
        same = other.operands[i] == operands[i].value();
      if (!same || !(other.attributes == node.attributes)) continue;
      Tensors outputs;
      for (std::uint32_t k = 0; k < other.outputs.size(); ++k)
        outputs.push_back(rewrite.graph().tensor({other.id, k}));
      rewrite.set(node, outputs);
      found = true;
    }
    if (!found) known.emplace(hash, rewrite.copy(node)[0].value().node);
  }
  return rewrite.finish();
}

}  // namespace asg
