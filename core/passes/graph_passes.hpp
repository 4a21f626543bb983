// The passes from graph to graph; pipeline.cpp has their order. Internal to the passes.
#pragma once
#include <asg/passes/passes.hpp>

namespace asg {

/// Replaces every composite that the target does not take by its body, until none is left.
[[nodiscard]] Traced decompose(TracedView traced, const PassContext& context);

/// Merges equal nodes (same op, attributes and operands) and drops those nobody needs. Inputs stay.
[[nodiscard]] Traced merge_common(TracedView traced, const PassContext& context);

}  // namespace asg
