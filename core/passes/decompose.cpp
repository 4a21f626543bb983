#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

#include "passes/graph_passes.hpp"
#include "passes/rewrite.hpp"

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

// Writes bodies in place of nodes. What a body holds is looked at in turn: bodies in it are written
// behind it, and once more what reads them. Nobody needs the nodes that stood there before.
class Opener {
 public:
  Opener(Graph& graph, const Target& target) : graph_(graph), target_(target) {}

  Tensors open(const Node& node, const Tensors& operands) {
    begin_ = static_cast<NodeId>(graph_.size());
    became_.clear();
    depth_.clear();
    const OriginScope scope(graph_, node.origin);
    Tensors results = body_of(node.op, {operands, node.attributes}, node.outputs, node.origin);
    depth_.resize(graph_.size() - begin_, 1);
    for (NodeId id = begin_; id < graph_.size(); ++id) write_again(id);
    for (Tensor& result : results) result = now(result.value());
    return results;
  }

 private:
  void write_again(NodeId id) {
    const Node node = graph_.node(id);
    const bool native = is_native(node, graph_, target_);
    const auto is_gone = [&](Value value) { return became_.contains({value.node, value.output}); };
    if (native && std::none_of(node.operands.begin(), node.operands.end(), is_gone)) return;
    // An op of a user whose body holds the op itself would never come to an end.
    constexpr int deepest = 1000;
    const int depth = depth_[id - begin_] + !native;
    if (depth > deepest)
      throw TypeError(
          fmt::format("{}: the bodies of ops stand {} deep in each other; does its "
                      "body hold itself?\n  at {}",
                      node.op.name, deepest, to_string(node.origin)));
    Tensors operands;
    for (const Value operand : node.operands) operands.push_back(now(operand));
    // The node is not to be looked at any more once others are added.
    const Attributes attributes = node.attributes;
    const Types types(node.outputs.begin(), node.outputs.end());
    const Tensors made = native ? graph_.add(node.op, operands, attributes)
                                : body_of(node.op, {operands, attributes}, types, node.origin);
    for (std::uint32_t i = 0; i < made.size(); ++i) became_[{id, i}] = made[i].value();
    depth_.resize(graph_.size() - begin_, depth);
  }

  [[nodiscard]] Tensor now(Value value) {
    for (auto it = became_.find({value.node, value.output}); it != became_.end();
         it = became_.find({value.node, value.output}))
      value = it->second;
    return graph_.tensor(value);
  }

  Graph& graph_;
  const Target& target_;
  NodeId begin_ = 0;
  std::map<std::pair<NodeId, std::uint32_t>, Value> became_;
  std::vector<int> depth_;  // of the nodes from begin_ on
};

}  // namespace

Traced decompose(TracedView traced, const PassContext& context) {
  Rewrite rewrite(traced);
  Opener opener(rewrite.graph(), context.target);
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    if (is_native(node, traced.graph, context.target))
      rewrite.copy(node);
    else
      rewrite.set(node, opener.open(node, rewrite.operands(node)));
  }
  return rewrite.finish();
}

}  // namespace asg
