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

// Whether the target takes a node as it is: a primitive, an instruction it has, a composite it
// claims.
struct Answer {
  bool native = true;
  std::optional<Claim> claim = {};
};

Answer ask(const Target& target, const Node& node, const Graph& graph) {
  if (!node.op.is_composite()) return {};
  const std::uint32_t instruction = node.op.lowering.instruction;
  if (instruction != 0 && target.accepts_instruction(instruction, node.outputs[0].dtype)) return {};
  std::optional<Claim> claim = target.claim(node, graph);
  const bool native = claim.has_value();
  return {native, std::move(claim)};
}

// Writes bodies in place of nodes. What a body holds is looked at in turn: bodies in it are written
// behind it, and once more what reads them. Nobody needs the nodes that stood there before.
class Opener {
 public:
  Opener(Rewrite& rewrite, const Target& target)
      : rewrite_(rewrite), graph_(rewrite.graph()), target_(target) {}

  Tensors open(const Node& node, const Tensors& operands) {
    begin_ = static_cast<NodeId>(graph_.size());
    became_.clear();
    written_.clear();
    const OriginScope scope(graph_, node.origin);
    Tensors results = body_of(node.op, {operands, node.attributes}, node.outputs, node.origin);
    written_.resize(graph_.size() - begin_);
    for (NodeId id = begin_; id < graph_.size(); ++id) write_again(id);
    for (Tensor& result : results) result = now(result.value());
    return results;
  }

 private:
  // A node behind begin_.
  struct Written {
    int depth = 1;                      // of the body it stands in
    std::optional<Answer> answer = {};  // if the target was asked about the same node before
  };

  void write_again(NodeId id) {
    const Node node = graph_.node(id);
    const Written& here = written_[id - begin_];
    const Answer answer = here.answer ? *here.answer : ask(target_, node, graph_);
    const bool native = answer.native;
    const auto is_gone = [&](Value value) { return became_.contains({value.node, value.output}); };
    if (native && std::none_of(node.operands.begin(), node.operands.end(), is_gone)) {
      if (answer.claim) rewrite_.claim(id, *answer.claim);
      return;
    }
    // An op of a user whose body holds the op itself would never come to an end.
    constexpr int deepest = 1000;
    const int depth = here.depth + !native;
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
    written_.resize(graph_.size() - begin_, {depth, native ? std::optional(answer) : std::nullopt});
  }

  [[nodiscard]] Tensor now(Value value) {
    for (auto it = became_.find({value.node, value.output}); it != became_.end();
         it = became_.find({value.node, value.output}))
      value = it->second;
    return graph_.tensor(value);
  }

  Rewrite& rewrite_;
  Graph& graph_;
  const Target& target_;
  NodeId begin_ = 0;
  std::map<std::pair<NodeId, std::uint32_t>, Value> became_;
  std::vector<Written> written_;
};

}  // namespace

Traced decompose(TracedView traced, const PassContext& context) {
  // Without what was claimed before: another target may have been asked.
  Rewrite rewrite({traced.graph, traced.outputs});
  Opener opener(rewrite, context.target);
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    const Answer answer = ask(context.target, node, traced.graph);
    if (!answer.native) {
      rewrite.set(node, opener.open(node, rewrite.operands(node)));
      continue;
    }
    const Tensors copied = rewrite.copy(node);
    if (answer.claim) rewrite.claim(copied[0].value().node, *answer.claim);
  }
  return rewrite.finish();
}

}  // namespace asg
