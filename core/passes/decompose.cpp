#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

#include "rewrite.hpp"

namespace asg {
namespace {

// One level: bodies may hold composites again.
Traced decompose_once(TracedView traced, const Target& target, bool& changed) {
  Rewrite rewrite(traced);
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    if (!node.op.is_composite() || target.claim(node, traced.graph)) {
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

Traced decompose(TracedView traced, const Target& target) {
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
