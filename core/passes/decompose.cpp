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

// One level: bodies may hold composites again.
Traced decompose_once(TracedView traced, const Target& target, bool& changed) {
  Rewrite rewrite(traced);
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    if (is_native(node, traced.graph, target)) {
      rewrite.copy(node);
      continue;
    }
    changed = true;
    const OriginScope scope(rewrite.graph(), node.origin);
    rewrite.set(node, body_of(node.op, {rewrite.operands(node), node.attributes}, node.outputs,
                              node.origin));
  }
  return rewrite.finish();
}

}  // namespace

Traced decompose(TracedView traced, const PassContext& context) {
  const Target& target = context.target;
  bool changed = false;
  Traced result = decompose_once(traced, target, changed);
  // An op of a user whose body holds the op itself would never come to an end.
  constexpr int deepest = 1000;
  for (int depth = 1; changed; ++depth) {
    if (depth == deepest) {
      for (NodeId id = 0; id < result.graph.size(); ++id)
        if (const Node node = result.graph.node(id); node.op.is_composite())
          throw TypeError(
              fmt::format("{}: the bodies of ops stand {} deep in each other; does its "
                          "body hold itself?\n  at {}",
                          node.op.name, deepest, to_string(node.origin)));
    }
    changed = false;
    result = decompose_once(result, target, changed);
  }
  return result;
}

}  // namespace asg
