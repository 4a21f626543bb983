#include <vector>

#include <asg/graph/op.hpp>

#include "graph/known_nodes.hpp"
#include "passes/graph_passes.hpp"
#include "passes/rewrite.hpp"

namespace asg {

Traced merge_common(TracedView traced, const PassContext&) {
  Rewrite rewrite(traced);
  KnownNodes known(rewrite.graph(), traced.graph.size());
  std::vector<Value> operands;
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    // Leaves with names are unique already, and an assign is an effect.
    if (node.attributes.has("name") || node.outputs.empty()) {
      rewrite.copy(node);
      continue;
    }
    operands.clear();
    for (const Tensor& operand : rewrite.operands(node)) operands.push_back(operand.value());
    NodeId* const place = known.find(node, operands, [](Value operand) { return operand; });
    if (*place == KnownNodes::none) {
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
