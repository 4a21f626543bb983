// Matrix products.
#pragma once
#include <asg/graph/tensor.hpp>

namespace asg {

/// Matrix product over the last two axes.
/// Shapes   a [..., M, K], b [..., K, N] -> [..., M, N]; leading axes broadcast. A vector as a
///          counts as [1, K], as b as [K, 1], and that axis disappears again.
/// Types    promoted, float; integers become f32.
/// Errors   ShapeError when the K axes differ or the batch axes do not broadcast.
/// Cost     with a two-dimensional b one product, whatever a's leading axes.
[[nodiscard]] Tensor matmul(const Operand& a, const Operand& b);

/// x times the transposed weight, plus bias.
/// Shapes   x [..., in], weight [out, in], bias [out] -> [..., out].
[[nodiscard]] Tensor linear(const Operand& x, const Operand& weight);
[[nodiscard]] Tensor linear(const Operand& x, const Operand& weight, const Operand& bias);

}  // namespace asg
