#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/backend.h>
#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/movement.hpp>

#include "passes/graph_passes.hpp"
#include "passes/layout.hpp"
#include "passes/rewrite.hpp"

namespace asg {
namespace {

// Whether the target takes a node as it is: an instruction it has, a composite it claims, a
// primitive that does not ask for what it lacks.
struct Answer {
  bool native = true;
  std::optional<Claim> claim = {};
};

// What is asked of a target, and what becomes of what it does not take.
class Forms {
 public:
  explicit Forms(const Target& target)
      : target_(target), has_bounds_(target.region_limits().bounds) {}

  [[nodiscard]] Answer ask(const Node& node, const Graph& graph) const {
    const Lowering& how = node.op.lowering;
    if (how.without_bounds != nullptr) return {has_bounds_ || !needs_bounds(node, graph)};
    if (how.role == Lowering::Role::iota)
      return {target_.accepts_instruction(ASG_EW_IOTA, node.outputs[0].dtype)};
    if (how.kernel == ASG_OP_MATMUL) return {!has_fewer_axes(node, graph)};
    if (!node.op.is_composite()) return {};
    if (how.instruction != 0 && target_.accepts_instruction(how.instruction, node.outputs[0].dtype))
      return {};
    std::optional<Claim> claim = target_.claim(node, graph);
    const bool native = claim.has_value();
    return {native, std::move(claim)};
  }

  // The same in other ops, in that graph.
  [[nodiscard]] Tensors body(Graph& graph, const OpDef& op, const OpCall& call, const Types& types,
                             const Origin& origin) const {
    const Lowering& how = op.lowering;
    if (how.without_bounds != nullptr) return how.without_bounds(call);
    if (how.role == Lowering::Role::iota)
      return {counted(graph, types[0], call.attributes.axis("axis"))};
    if (how.kernel == ASG_OP_MATMUL)
      return {with_fewer_axes(graph, op, call.in(0), call.in(1), types[0].shape)};
    return body_of(op, call, types, origin);
  }

 private:
  static bool needs_bounds(const Node& node, const Graph& graph) {
    const TensorType& from = graph.type(node.operands[0]);
    const std::optional<View> view = Sources::view_of(node, from, View::row_major(from.shape));
    return !view || !view->bounds.empty();
  }

  // Positions along an axis, as a constant.
  static Tensor counted(Graph& graph, const TensorType& type, int axis) {
    Array positions(type.dtype, {type.shape[axis]});
    for (std::int64_t i = 0; i < positions.numel(); ++i) positions.set(i, static_cast<double>(i));
    Shape along = type.shape;
    for (int d = 0; d < along.rank(); ++d)
      if (d != axis) along[d] = 1;
    return broadcast_to(reshape(graph.constant(positions), along), type.shape);
  }

  // The types of a product of that many axes: all batch axes as one, or one entry of them.
  static Types with_axes(const Types& types, int axes) {
    Types fewer = types;
    for (TensorType& type : fewer) {
      const int batch = type.shape.rank() - 2;
      Shape shape = type.shape.slice(batch, batch + 2);
      if (axes == 3) shape.insert(0, type.shape.slice(0, batch).numel());
      type.shape = shape;
    }
    return fewer;
  }

  [[nodiscard]] bool multiplies(const Types& types) const {
    return target_.accepts_kernel(ASG_OP_MATMUL, types, 0) &&
           target_.refusal(ASG_OP_MATMUL, "matmul", types, 2, {}).empty();
  }

  // Whether the target has the product with fewer axes only, and not too many times.
  [[nodiscard]] bool has_fewer_axes(const Node& node, const Graph& graph) const {
    const int rank = node.outputs[0].shape.rank();
    if (rank == 2) return false;
    const Types types = types_of(graph, node);
    if (multiplies(types)) return false;
    constexpr std::int64_t most_products = 256;
    const std::int64_t entries = types[0].shape.slice(0, rank - 2).numel();
    return (rank > 3 && multiplies(with_axes(types, 3))) ||
           (entries > 0 && entries <= most_products && multiplies(with_axes(types, 2)));
  }

  [[nodiscard]] Tensor with_fewer_axes(Graph& graph, const OpDef& op, const Tensor& a,
                                       const Tensor& b, const Shape& result) const {
    const Types types{a.type(), b.type(), {a.dtype(), result}};
    const Types batch = with_axes(types, 3), single = with_axes(types, 2);
    const Tensor left = reshape(a, batch[0].shape), right = reshape(b, batch[1].shape);
    if (multiplies(batch)) return reshape(graph.add(op, Tensors{left, right})[0], result);
    Tensors products;
    for (std::int64_t i = 0; i < batch[0].shape[0]; ++i) {
      const Tensor x = reshape(slice(left, 0, i, i + 1), single[0].shape);
      const Tensor y = reshape(slice(right, 0, i, i + 1), single[1].shape);
      products.push_back(unsqueeze(graph.add(op, Tensors{x, y})[0], 0));
    }
    return reshape(concat(products, 0), result);
  }

  const Target& target_;
  const bool has_bounds_;
};

// Writes bodies in place of nodes. What a body holds is looked at in turn: bodies in it are written
// behind it, and once more what reads them. Nobody needs the nodes that stood there before.
class Opener {
 public:
  Opener(Rewrite& rewrite, const Forms& forms)
      : rewrite_(rewrite), graph_(rewrite.graph()), forms_(forms) {}

  Tensors open(const Node& node, const Tensors& operands) {
    begin_ = static_cast<NodeId>(graph_.size());
    became_.clear();
    written_.clear();
    const OriginScope scope(graph_, node.origin);
    const Types types(node.outputs.begin(), node.outputs.end());
    Tensors results = forms_.body(graph_, node.op, {operands, node.attributes}, types, node.origin);
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
    const Answer answer = here.answer ? *here.answer : forms_.ask(node, graph_);
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
    const Tensors made =
        native ? graph_.add(node.op, operands, attributes)
               : forms_.body(graph_, node.op, {operands, attributes}, types, node.origin);
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
  const Forms& forms_;
  NodeId begin_ = 0;
  std::map<std::pair<NodeId, std::uint32_t>, Value> became_;
  std::vector<Written> written_;
};

}  // namespace

Traced decompose(TracedView traced, const PassContext& context) {
  // Without what was claimed before: another target may have been asked.
  Rewrite rewrite({traced.graph, traced.outputs});
  const Forms forms(context.target);
  Opener opener(rewrite, forms);
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    const Answer answer = forms.ask(node, traced.graph);
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
