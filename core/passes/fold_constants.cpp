#include <algorithm>
#include <cstdint>
#include <optional>

#include <asg/graph/op.hpp>

#include "passes/graph_passes.hpp"
#include "passes/rewrite.hpp"

namespace asg {
namespace {

constexpr std::int64_t most_elements = 64;  // more would only move work from the device to the file

}  // namespace

Traced fold_constants(TracedView traced, const PassContext& context) {
  Rewrite rewrite(traced);
  const auto made_by = [&](Value old) {
    return rewrite.graph().node(rewrite.value(old).value().node);
  };
  const auto is_small_constant = [&](Value old) {
    const std::int64_t elements = traced.graph.type(old).shape.numel();
    return elements > 0 && elements <= most_elements &&
           made_by(old).op.lowering.role == Lowering::Role::constant;
  };
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    std::optional<Array> folded;
    if (node.op.evaluate != nullptr && context.fuel > 0 &&
        std::all_of(node.operands.begin(), node.operands.end(), is_small_constant)) {
      std::vector<Array> operands;
      for (const Value operand : node.operands)
        operands.push_back(made_by(operand).attributes.array("value"));
      folded = node.op.evaluate(operands, node.outputs[0]);
    }
    if (folded && context.may_rewrite()) {
      const OriginScope scope(rewrite.graph(), node.origin);
      rewrite.set(node, {rewrite.graph().constant(*folded)});
    } else {
      rewrite.copy(node);
    }
  }
  return rewrite.finish();
}

}  // namespace asg
