// Matrix products.
#pragma once
#include <string_view>
#include <vector>

#include <asg/graph/tensor.hpp>

namespace asg {

/// Matrix product over the last two axes.
/// Shapes   a [..., M, K], b [..., K, N] -> [..., M, N]; leading axes broadcast. A vector as a
///          counts as [1, K], as b as [K, 1], and that axis disappears again.
/// Types    one float type, which integers take (else f32); f32 that meets f64 is a TypeError.
/// Errors   ShapeError when the K axes differ or the batch axes do not broadcast.
/// Cost     with a two-dimensional b one product, whatever a's leading axes.
[[nodiscard]] Tensor matmul(const Operand& a, const Operand& b);

/// Einstein's notation, "bik,bkj->bij": a letter for each axis of each operand. Axes that share a
/// letter run together, and what the result does not name is summed. "..." stands for any number of
/// axes, which broadcast. Without "->" the result has the letters that occur once, in alphabetical
/// order, behind "...".
/// Shapes   axes of one letter have one size, or 1. A letter twice in one operand is its diagonal.
/// Types    one float type; of a single operand any (numbers, where axes are summed).
/// Errors   ShapeError when the equation does not fit the operands, TypeError for their types.
/// Cost     from left to right, each pair one matrix product as far as anything is summed.
/// Source   https://pytorch.org/docs/stable/generated/torch.einsum.html
[[nodiscard]] Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands,
                            Where where = {});

/// The sum of weight * x over the pairs that are seen. What the others hold plays no part, be it
/// NaN.
/// Shapes   weight and seen [..., M, K], x [..., K, N] -> [..., M, N]; leading axes are equal.
/// Types    weight and x one float type, seen bool.
[[nodiscard]] Tensor masked_matmul(const Operand& weight, const Operand& x, const Operand& seen);
/// The products of a's rows and b's rows that see each other; 0 elsewhere, whatever the rows hold.
/// Shapes   a [..., M, N], b [..., K, N], seen [..., M, K] -> [..., M, K]; leading axes are equal.
/// Types    as masked_matmul's.
[[nodiscard]] Tensor sampled_matmul(const Operand& a, const Operand& b, const Operand& seen);

/// The x with a * x = b (`left` false: x * a = b), where only the lower or the upper triangle of a
/// is read, and of a unitriangular one not the diagonal, which counts as 1. A 0 there divides.
/// Shapes   a [..., N, N], b [..., N, K] (`left` false: [..., K, N]) -> as b; leading axes
///          broadcast.
/// Types    as matmul's.
/// Errors   ShapeError when a is not square or b does not fit.
/// Cost     a product of blocks for each row of a: meant for matrices of some hundred rows.
/// Source   https://pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html
[[nodiscard]] Tensor solve_triangular(const Operand& a, const Operand& b, bool upper = false,
                                      bool left = true, bool unitriangular = false);

/// The lower triangular l with l * l^T = a, or its transpose. Of a only the symmetric part counts,
/// (a + a^T) / 2. (PyTorch reads the lower triangle. For a symmetric a that is the same, and so is
/// the gradient, which is symmetric.) Where a is not positive definite, l has NaN.
/// Shapes   a [..., N, N] -> as a.
/// Types    float; integers become f32.
/// Errors   ShapeError when a is not square.
/// Cost     as solve_triangular, and a logarithm of N more.
/// Source   https://pytorch.org/docs/stable/generated/torch.linalg.cholesky.html
[[nodiscard]] Tensor cholesky(const Operand& a, bool upper = false);

/// x times the transposed weight, plus bias.
/// Shapes   x [..., in], weight [out, in], bias [out] -> [..., out].
[[nodiscard]] Tensor linear(const Operand& x, const Operand& weight);
[[nodiscard]] Tensor linear(const Operand& x, const Operand& weight, const Operand& bias);

}  // namespace asg
