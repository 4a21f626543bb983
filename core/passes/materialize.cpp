#include <map>
#include <set>

#include <asg/graph/op.hpp>

#include "passes/graph_passes.hpp"
#include "passes/layout.hpp"
#include "passes/rewrite.hpp"
#include "passes/sources.hpp"

namespace asg {
namespace {

using Role = Lowering::Role;

class Materializer {
 public:
  Materializer(TracedView traced, const PassContext& context)
      : traced_(traced), context_(context), rewrite_(traced), sources_(rewrite_.graph()) {}

  Traced run() {
    find_orders();
    for (NodeId id = 0; id < traced_.graph.size(); ++id) {
      if (!rewrite_.live()[id]) continue;
      const Node node = traced_.graph.node(id);
      if (node.op.lowering.role == Role::assign) {
        const Tensors in = rewrite_.operands(node);
        rewrite_.copy(node, {in[0], own(in[1], node.origin)});
      } else if (is_nothing(node)) {
        rewrite_.set(node, rewrite_.operands(node));
      } else {
        lower(node);
      }
      sources_.extend();
    }
    Tensors outputs;
    for (const Tensor& output : traced_.outputs) {
      const Origin origin = traced_.graph.node(output.value().node).origin;
      outputs.push_back(own(rewrite_.value(output.value()), origin));
    }
    Traced result = rewrite_.finish(std::move(outputs));
    result.orders = sources_.orders();
    return result;
  }

 private:
  // A reduction over no axes gives its operand.
  static bool is_nothing(const Node& node) {
    return node.op.lowering.role == Role::reduce && node.attributes.integers("axes").empty();
  }

  void lower(const Node& node) {
    Tensors operands = rewrite_.operands(node);
    if (node.op.lowering.view != nullptr) {
      const Source& source = sources_.of(operands[0].value());
      if (!Sources::view_of(node, traced_.graph.type(node.operands[0]), source.view))
        operands[0] = copied(operands[0], node.origin);
    } else if (node.op.lowering.kernel != 0 && node.op.lowering.instruction == 0) {
      const bool strided = context_.target.accepts_kernel(
          node.op.lowering.kernel, types_of(traced_.graph, node), ASG_CAP_STRIDED);
      for (Tensor& operand : operands) operand = readable(operand, strided, node.origin);
    } else if (node.op.is_composite() && node.op.lowering.instruction == 0) {
      const Claim* claim = traced_.claim(node.id);
      const std::uint64_t strided = claim != nullptr ? claim->strided_inputs : 0;
      for (std::size_t i = 0; i < operands.size(); ++i)
        operands[i] = readable(operands[i], i < 64 && (strided >> i & 1u) != 0, node.origin);
      const auto next = static_cast<NodeId>(rewrite_.graph().size());
      for (std::uint32_t i = 0; claim != nullptr && i < node.outputs.size(); ++i)
        if (const auto wanted = wanted_.find({node.id, i});
            wanted != wanted_.end() && i < 64 && (claim->strided_outputs >> i & 1u) != 0)
          sources_.set_order({{next, i}, wanted->second});
    }
    rewrite_.copy(node, operands);
  }

  // Results of claimed ops that are permuted are written that way, if the op can.
  void find_orders() {
    const OpDef& permute = find_op("permute");
    for (NodeId id = 0; id < traced_.graph.size(); ++id) {
      const Node node = traced_.graph.node(id);
      if (!rewrite_.live()[id] || &node.op != &permute) continue;
      const Value from = node.operands[0];
      if (!traced_.graph.node(from.node).op.is_composite()) continue;
      Shape axes;
      for (const std::int64_t axis : node.attributes.integers("axes")) axes.push_back(axis);
      if (axes.empty() || axes.back() != axes.rank() - 1) continue;
      wanted_.emplace(std::pair{from.node, from.output}, axes);
    }
  }

  // What a kernel may read: memory without bounds, in order unless any strides will do.
  Tensor readable(const Tensor& operand, bool strided, const Origin& origin) {
    const View& view = sources_.of(operand.value()).view;
    const bool fits = view.bounds.empty() && (strided || is_row_major(view));
    return fits ? operand : copied(operand, origin);
  }

  // A value with memory of its own, which no other output or variable has.
  Tensor own(const Tensor& value, const Origin& origin) {
    sources_.extend();
    const Source& source = sources_.of(value.value());
    Graph& graph = rewrite_.graph();
    const std::int64_t elements = graph.type(source.base).shape.numel();
    const Node node = graph.node(source.base.node);
    if (!node.op.lowering.is_given() && is_whole(source.view, elements) &&
        owned_.insert({source.base.node, source.base.output}).second)
      return value;
    const Tensor result = copy_of(value, origin);
    owned_.insert({result.value().node, 0});
    return result;
  }
  Tensor copy_of(const Tensor& value, const Origin& origin) {
    const OriginScope scope(rewrite_.graph(), origin);
    const Tensor result = rewrite_.graph().add(find_op("copy"), {&value, 1})[0];
    sources_.extend();
    return result;
  }

  Tensor copied(const Tensor& value, const Origin& origin) {
    Tensor& known = copies_[{value.value().node, value.value().output}];
    if (!known.defined()) known = copy_of(value, origin);
    return known;
  }

  TracedView traced_;
  const PassContext& context_;
  Rewrite rewrite_;
  Sources sources_;
  std::set<std::pair<NodeId, std::uint32_t>> owned_;
  std::map<std::pair<NodeId, std::uint32_t>, Tensor> copies_;
  std::map<std::pair<NodeId, std::uint32_t>, Shape> wanted_;
};

}  // namespace

Traced materialize(TracedView traced, const PassContext& context) {
  return Materializer(traced, context).run();
}

}  // namespace asg
