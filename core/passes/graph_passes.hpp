// The passes from graph to graph; pipeline.cpp has their order. Internal to the passes.
#pragma once
#include <asg/passes/passes.hpp>

namespace asg {

/// Replaces every composite that the target does not take by its body, until none is left.
[[nodiscard]] Traced decompose(TracedView traced, const PassContext& context);

/// Merges equal nodes (same op, attributes and operands) and drops those nobody needs. Inputs stay.
[[nodiscard]] Traced merge_common(TracedView traced, const PassContext& context);

/// Replaces nodes by simpler ones that are equal for every input, bit by bit; with
/// PassOptions::relaxed also by such that are equal for real numbers.
[[nodiscard]] Traced canonicalize(TracedView traced, const PassContext& context);

/// Computes what follows from small constants alone, where rounding is the same everywhere.
[[nodiscard]] Traced fold_constants(TracedView traced, const PassContext& context);

/// Chooses which values the backward pass keeps from the forward pass, and computes others, that
/// are cheap, a second time where it needs them. Source   Jain et al.: Checkmate (2020), for the
/// question; the cut is that of PyTorch's
///          min-cut partitioner, with costs of computing again
[[nodiscard]] Traced recompute(TracedView traced, const PassContext& context);

/// Adds copies where memory is needed: operands that a kernel or a view cannot read as they stand,
/// and values of outputs and assigns, each of which gets one of its own.
[[nodiscard]] Traced materialize(TracedView traced, const PassContext& context);

}  // namespace asg
