// Passes: from the user's graph to a program. Each builds anew and leaves its argument alone.
#pragma once
#include <asg/graph/graph.hpp>
#include <asg/passes/program.hpp>
#include <asg/passes/target.hpp>

namespace asg {

/// A graph and the values it is run for. Its assigns are run too.
struct Traced {
  Graph graph;
  Tensors outputs;
};

/// The same without owning it.
struct TracedView {
  const Graph& graph;
  const Tensors& outputs;
  TracedView(const Graph& of, const Tensors& values) : graph(of), outputs(values) {}
  TracedView(const Traced& traced)  // NOLINT(google-explicit-constructor)
      : graph(traced.graph), outputs(traced.outputs) {}
};

/// Replaces every composite that the target does not claim by its body, until none is left.
[[nodiscard]] Traced decompose(TracedView traced, const Target& target);

/// Merges equal nodes (same op, attributes and operands) and drops those nobody needs. Inputs stay.
[[nodiscard]] Traced merge_common(TracedView traced);

/// Gives every value a place and every node its step.
/// Errors   TypeError naming the op and the line when the target cannot execute a primitive.
[[nodiscard]] Program lower(TracedView traced, const Target& target);

/// All of the above in order.
[[nodiscard]] Program compile_program(TracedView traced, const Target& target);

}  // namespace asg
