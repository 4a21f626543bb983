#include "passes/rewrite.hpp"

#include <asg/graph/algorithms.hpp>
#include <asg/graph/op.hpp>

namespace asg {

std::vector<bool> live_nodes(TracedView traced) {
  std::vector<NodeId> roots = traced.graph.inputs();
  roots.insert(roots.end(), traced.graph.assigns().begin(), traced.graph.assigns().end());
  for (const Tensor& output : traced.outputs) roots.push_back(output.value().node);
  return needed(traced.graph, roots);
}

Rewrite::Rewrite(TracedView from) : from_(from), live_(live_nodes(from)) {
  std::uint32_t count = 0;
  first_.reserve(from.graph.size());
  for (NodeId id = 0; id < from.graph.size(); ++id) {
    first_.push_back(count);
    count += static_cast<std::uint32_t>(from.graph.node(id).outputs.size());
  }
  map_.resize(count);
}

const Tensors& Rewrite::operands(const Node& node) {
  operands_.clear();
  for (const Value operand : node.operands) operands_.push_back(value(operand));
  return operands_;
}

void Rewrite::set(const Node& node, const Tensors& outputs) {
  for (std::size_t i = 0; i < node.outputs.size(); ++i)
    map_[first_[node.id] + i] = outputs[i].value();
}

Tensors Rewrite::copy(const Node& node, const Tensors& operands) {
  const OriginScope scope(to_.graph, node.origin);
  const Attributes& a = node.attributes;
  Tensors outputs;
  switch (node.op.lowering.role) {
    case Lowering::Role::input:
      outputs = {to_.graph.input(a.text("name"), a.dtype("dtype"), a.shape("shape"))};
      break;
    case Lowering::Role::variable:
      outputs = {to_.graph.variable(*from_.graph.find_variable(node.id), a.dtype("dtype"),
                                    a.shape("shape"))};
      break;
    case Lowering::Role::assign:
      to_.graph.assign(operands[0], operands[1]);
      break;
    default:
      outputs = to_.graph.add(node.op, operands, a);
      if (!node.op.is_composite()) break;
      if (const Claim* known = from_.claim(node.id)) claim(outputs[0].value().node, *known);
  }
  set(node, outputs);
  return outputs;
}

Traced Rewrite::finish() {
  Tensors outputs;
  for (const Tensor& output : from_.outputs) outputs.push_back(value(output.value()));
  return finish(std::move(outputs));
}

Traced Rewrite::finish(Tensors outputs) {
  to_.outputs = std::move(outputs);
  return std::move(to_);
}

}  // namespace asg
