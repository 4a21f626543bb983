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
    rewrite.set(node, node.op.decompose({rewrite.operands(node), node.attributes}));
  }
  return rewrite.finish();
}

}  // namespace

Traced decompose(TracedView traced, const Target& target) {
  bool changed = false;
  Traced result = decompose_once(traced, target, changed);
  while (changed) {
    changed = false;
    result = decompose_once(result, target, changed);
  }
  return result;
}

}  // namespace asg
