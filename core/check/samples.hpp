// The samples of ops as programs for backends, and what is wrong with what one makes of them.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <asg/graph/op.hpp>

#include "check/rounding.hpp"

namespace asg::proof {

/// One input for each array, "x0" and so on.
[[nodiscard]] Tensors inputs_for(Graph& graph, const Arrays& arrays);

/// With fixed weights, so that no derivative hides behind a sum that cancels.
[[nodiscard]] Tensor weighted_sum(Graph& graph, const Tensor& x, int seed);

/// Where and how much two arrays differ by more than the tolerance (relative, absolute below 1);
/// empty when they do not. NaN equals NaN.
[[nodiscard]] std::string difference(const Array& got, const Array& expected, double tolerance);

/// "pow sample 3 (f64[2, 3], f64[2, 3])"
[[nodiscard]] std::string describe(const OpDef& op, std::size_t index, const Sample& sample);

/// What a program must give.
struct Expected {
  Arrays plain;                ///< by the reference, in the program's own types
  std::optional<Truth> truth;  ///< nothing where floats, too, must be equal
};
[[nodiscard]] Expected expected_of(const Graph& graph, const Tensors& outputs, const Arrays& inputs,
                                   const Device& reference);

/// What is wrong with output k; empty when nothing is.
[[nodiscard]] std::string fault_of(const Arrays& got, const Expected& expected, std::size_t k);

/// The first thing that is wrong with a program's results; nothing where they are those of the
/// reference or as near the truth as roundings justify, which takes longer to tell.
[[nodiscard]] std::optional<std::string> first_fault(const Arrays& got, const Graph& graph,
                                                     const Tensors& outputs, const Arrays& inputs,
                                                     const Device& reference);

/// An op on the inputs of a sample, floats of the type `dtype`: its outputs, and the gradients of
/// their weighted sum.
struct SampleProgram {
  SampleProgram(const OpDef& op, const Sample& sample, DType dtype);
  Graph graph;
  Arrays inputs;
  Tensors outputs;
};

}  // namespace asg::proof
