#include "passes/finite_probe.hpp"

#include <asg/graph/op.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "passes/rewrite.hpp"

namespace asg {
namespace {

// Copies what is alive but for the assigns; what they would assign stays a value like any other.
void copy_values(Rewrite& rewrite, const Graph& graph) {
  for (NodeId id = 0; id < graph.size(); ++id)
    if (rewrite.live()[id] && graph.node(id).op.lowering.role != Lowering::Role::assign)
      rewrite.copy(graph.node(id));
}

// One i32: 0, 1 for infinities, 2 for NaN.
Tensor finite_class(const Tensor& x) {
  const Tensor worst = max(cast(logical_not(is_finite(x)), i32) + cast(ne(x, x), i32));
  return reshape(worst, {1});
}

}  // namespace

Traced copy_of(TracedView traced) {
  Rewrite rewrite(traced);
  for (NodeId id = 0; id < traced.graph.size(); ++id)
    if (rewrite.live()[id]) rewrite.copy(traced.graph.node(id));
  return rewrite.finish();
}

Traced without_assigns(TracedView traced, const std::vector<Value>& values) {
  Rewrite rewrite(traced);
  copy_values(rewrite, traced.graph);
  Tensors outputs;
  for (const Value value : values) outputs.push_back(rewrite.value(value));
  return rewrite.finish(std::move(outputs));
}

FiniteProbe probe_finite(TracedView traced) {
  Rewrite rewrite(traced);
  copy_values(rewrite, traced.graph);
  FiniteProbe probe;
  Tensors classes;
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    for (std::uint32_t i = 0; i < node.outputs.size(); ++i) {
      if (!is_float(node.outputs[i].dtype) || node.outputs[i].shape.numel() == 0) continue;
      probe.values.push_back({id, i});
      classes.push_back(finite_class(rewrite.value({id, i})));
    }
  }
  if (classes.empty())
    probe.traced = rewrite.finish({});
  else
    probe.traced = rewrite.finish({concat(classes, 0)});
  return probe;
}

}  // namespace asg
