// A gradient as the sum of what its users contribute. Of a value that is read piece by piece each
// contribution is of one piece: padding each to the whole would take time and memory with the
// square of their number. Internal to the library.
#pragma once
#include <memory>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

/// Element i of a piece is element starts + i * strides of the whole.
struct Place {
  Shape starts, strides;
};

/// One contribution: of the whole, or of a piece.
struct Part {
  Tensor value;
  std::unique_ptr<const Place> place = nullptr;
};
using Parts = std::vector<Part>;

/// Whether the op looks at its operand, or at a piece of it, and computes nothing.
[[nodiscard]] bool reads_pieces(const OpDef& op);

/// What a gradient rule gave; the piece of it that is not zero, where it is a slice's.
[[nodiscard]] Part part_of(const Tensor& cotangent);

/// A part of slice's result as one of its operand.
[[nodiscard]] Part through_slice(Part part, const Attributes& slice);

/// Their sum, of the given type: what is linear in the elements of the parts and of the whole.
[[nodiscard]] Tensor total(Graph& graph, const Parts& parts, const TensorType& whole);

}  // namespace asg
