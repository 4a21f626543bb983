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

/// Replaces every composite that the target does not claim by its body, until none is left.
[[nodiscard]] Traced decompose(const Traced& traced, const Target& target);

/// Merges equal nodes (same op, attributes and operands) and drops those nobody needs. Inputs stay.
[[nodiscard]] Traced merge_common(const Traced& traced);

/// Gives every value a place and every node its step.
/// Errors   TypeError naming the op and the line when the target cannot execute a primitive.
[[nodiscard]] Program lower(const Traced& traced, const Target& target);

/// All of the above in order.
[[nodiscard]] Program compile_program(const Traced& traced, const Target& target);

}  // namespace asg
