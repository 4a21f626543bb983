// Triangles and diagonals of matrices.
//
// Types    any.
// Errors   ShapeError, naming the caller's line.
#pragma once
#include <asg/graph/tensor.hpp>

namespace asg {

/// The elements on and below a diagonal of the last two axes, zeros above, whatever was there.
/// Diagonal k holds the elements [i, i + k].
[[nodiscard]] Tensor tril(const Operand& x, std::int64_t diagonal = 0);
/// The elements on and above a diagonal, zeros below.
[[nodiscard]] Tensor triu(const Operand& x, std::int64_t diagonal = 0);

/// The elements [i, i + offset] of two axes, which make way for a new last one.
/// Errors   ShapeError when both axes are the same.
/// Memory   another way to look at x.
[[nodiscard]] Tensor diagonal(const Operand& x, std::int64_t offset = 0, Axis axis_a = 0,
                              Axis axis_b = 1);
/// The diagonal of a matrix; of a vector the matrix that has it there and zeros elsewhere.
/// Types    numbers for vectors.
/// Errors   ShapeError for other ranks.
[[nodiscard]] Tensor diag(const Operand& x, std::int64_t diagonal = 0);

}  // namespace asg
