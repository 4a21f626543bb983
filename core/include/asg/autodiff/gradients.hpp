// Gradients: reverse-mode differentiation from graph to graph.
#pragma once
#include <cstddef>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

struct GradientOptions {
  /// Zeros instead of an error for a tensor on which the outputs do not depend at all.
  bool allow_unused = false;
  /// Told for each tensor whether a gradient reaches it, when given: whether it has a way to an
  /// output along floats and past no stop_gradient. One that is reached through ops of zero
  /// derivative alone (floor, sign) has zeros as one that is not, and here they differ.
  std::vector<bool>* reached = nullptr;
  /// Counts the nodes visited, when given.
  std::size_t* visits = nullptr;
};

/// The gradients of `output` with respect to each tensor of `wrt`.
///
/// New nodes are added to the same graph, so a gradient can be differentiated again. Any tensor
/// may be asked for: inputs, variables, constants and values in the middle. A tensor that is
/// reached only through ops of zero derivative (floor, comparisons, stop_gradient) has zeros.
/// Shapes   each result is shaped as its tensor; `output` has one element, or give a cotangent
///          shaped as it.
/// Types    float.
/// Errors   GradientError when `output` has several elements and no cotangent; when a tensor is no
///          float; when `output` does not depend on a tensor; when an op on the way has no rule
///          (names the op, its line and the path to it).
/// Cost     linear in the number of nodes; one pass for any number of gradients. Of a tensor that is
///          read piece by piece (select, slice, gather, embedding) the gradient costs each piece and
///          the tensor once.
/// Source   reverse accumulation; Griewank and Walther, Evaluating Derivatives, 2008, chapter 3
[[nodiscard]] Tensors gradients(const Operand& output, const Tensors& wrt,
                                const Tensor& cotangent = {}, const GradientOptions& options = {});

/// The same for several outputs at once: the gradients of sum(outputs[i] * cotangents[i]).
[[nodiscard]] Tensors gradients(const Tensors& outputs, const Tensors& wrt,
                                const Tensors& cotangents, const GradientOptions& options = {},
                                Where where = {});

}  // namespace asg
