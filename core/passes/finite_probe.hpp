// Which values of a graph hold NaN or infinities: the graph that says so when it is run.
#pragma once
#include <vector>

#include <asg/passes/passes.hpp>

namespace asg {

/// What a value holds, as the probe writes it.
enum class Finite : std::int32_t { all = 0, infinities = 1, nan = 2 };

/// A graph with one output, i32[N]: element k is a Finite and tells of values[k].
struct FiniteProbe {
  Traced traced;
  std::vector<Value> values;  ///< of the graph that was given: all floats that outputs and assigns need
};

/// The probe assigns nothing, so that running it leaves the state alone. Composites stay whole: what
/// happens inside of one is not looked at.
[[nodiscard]] FiniteProbe probe_finite(TracedView traced);

/// The same graph with its outputs and assigns, without what they do not need.
[[nodiscard]] Traced copy_of(TracedView traced);

/// The values of the graph that was given as outputs of a graph that assigns nothing.
[[nodiscard]] Traced without_assigns(TracedView traced, const std::vector<Value>& values);

}  // namespace asg
