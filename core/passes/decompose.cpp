#include <algorithm>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

#include "graph_passes.hpp"
#include "rewrite.hpp"

namespace asg {
namespace {

// What the target takes as it is: a primitive, an instruction it has, a composite it claims.
bool is_native(const Node& node, const Graph& graph, const Target& target) {
  if (!node.op.is_composite()) return true;
  const std::uint32_t instruction = node.op.lowering.instruction;
  if (instruction != 0 && target.accepts_instruction(instruction, node.outputs[0].dtype))
    return true;
  return target.claim(node, graph).has_value();
}

// The nodes that must be opened.
std::vector<bool> find_foreign(TracedView traced, const Target& target) {
  std::vector<bool> foreign(traced.graph.size());
  const std::vector<bool> live = live_nodes(traced);
  for (NodeId id = 0; id < traced.graph.size(); ++id)
    foreign[id] = live[id] && !is_native(traced.graph.node(id), traced.graph, target);
  return foreign;
}

// One level: bodies may hold composites again.
Traced open(TracedView traced, const std::vector<bool>& foreign) {
  Rewrite rewrite(traced);
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    if (!foreign[id]) {
      rewrite.copy(node);
      continue;
    }
    const OriginScope scope(rewrite.graph(), node.origin);
    rewrite.set(node, body_of(node.op, {rewrite.operands(node), node.attributes}, node.outputs,
                              node.origin));
  }
  return rewrite.finish();
}

}  // namespace

Traced decompose(TracedView traced, const PassContext& context) {
  // An op of a user whose body holds the op itself would never come to an end.
  constexpr int deepest = 1000;
  Traced result = open(traced, find_foreign(traced, context.target));
  for (int depth = 1;; ++depth) {
    const std::vector<bool> foreign = find_foreign(result, context.target);
    const auto first = std::find(foreign.begin(), foreign.end(), true);
    if (first == foreign.end()) return result;
    if (depth == deepest) {
      const Node node = result.graph.node(static_cast<NodeId>(first - foreign.begin()));
      throw TypeError(
          fmt::format("{}: the bodies of ops stand {} deep in each other; does its "
                      "body hold itself?\n  at {}",
                      node.op.name, deepest, to_string(node.origin)));
    }
    result = open(result, foreign);
  }
}

}  // namespace asg
