// Functions of one, two or three tensors, element by element.
//
// Shapes   operands broadcast against each other (NumPy's rule); the result has their common shape.
// Types    operands of different types meet in the later of bool, i32, i64, f32, f64; a C++ number
//          takes the type of the tensor it meets (a fraction that meets integers makes f32).
//          Functions of real numbers (floor, exp, sqrt, ... and /) turn integers and bools into f32.
//          Arithmetic on bools alone is an error: cast them, or use the logical functions.
//          Integers wrap.
//          f64 that meets f32 gives f64; products, convolutions, attention and losses, where data
//          meets a model, refuse that.
// Errors   ShapeError when shapes do not broadcast, TypeError when types do not fit; both name the
//          caller's line.
#pragma once
#include <asg/graph/tensor.hpp>

namespace asg {

[[nodiscard]] Tensor neg(const Operand& x);
/// The gradient at 0 is 0.
[[nodiscard]] Tensor abs(const Operand& x);
/// -1, 0 or 1; NaN of NaN.
[[nodiscard]] Tensor sign(const Operand& x);
[[nodiscard]] Tensor floor(const Operand& x);
[[nodiscard]] Tensor ceil(const Operand& x);
/// To the nearest integer, halves to even.
[[nodiscard]] Tensor round(const Operand& x);
[[nodiscard]] Tensor exp(const Operand& x);
/// -inf of 0, NaN below.
[[nodiscard]] Tensor log(const Operand& x);
/// NaN below 0; the gradient at 0 is inf.
[[nodiscard]] Tensor sqrt(const Operand& x);
/// 1 / sqrt(x)
[[nodiscard]] Tensor rsqrt(const Operand& x);
[[nodiscard]] Tensor sin(const Operand& x);
[[nodiscard]] Tensor cos(const Operand& x);
[[nodiscard]] Tensor tanh(const Operand& x);
/// Types    bool.
[[nodiscard]] Tensor logical_not(const Operand& x);
/// bool: neither infinite nor NaN.
[[nodiscard]] Tensor is_finite(const Operand& x);

[[nodiscard]] Tensor add(const Operand& a, const Operand& b);
[[nodiscard]] Tensor sub(const Operand& a, const Operand& b);
[[nodiscard]] Tensor mul(const Operand& a, const Operand& b);
/// True division: integers become f32.
[[nodiscard]] Tensor div(const Operand& a, const Operand& b);
/// The remainder of division toward zero, with the sign of a (C's and PyTorch's fmod).
[[nodiscard]] Tensor rem(const Operand& a, const Operand& b);
/// a to the power b. Of integers 0 when b < 0, but for a = 1 and -1. With respect to b it has a
/// gradient where a > 0; that is 0 at a = 0 and NaN below.
[[nodiscard]] Tensor pow(const Operand& a, const Operand& b);
/// NaN when either is NaN. Equal operands share the gradient, half each.
[[nodiscard]] Tensor maximum(const Operand& a, const Operand& b);
[[nodiscard]] Tensor minimum(const Operand& a, const Operand& b);
/// log(exp(a) + exp(b)) without overflow.
[[nodiscard]] Tensor logaddexp(const Operand& a, const Operand& b);

/// Comparisons give bool; with NaN false, but for ne.
[[nodiscard]] Tensor eq(const Operand& a, const Operand& b);
[[nodiscard]] Tensor ne(const Operand& a, const Operand& b);
[[nodiscard]] Tensor lt(const Operand& a, const Operand& b);
[[nodiscard]] Tensor le(const Operand& a, const Operand& b);
[[nodiscard]] Tensor gt(const Operand& a, const Operand& b);
[[nodiscard]] Tensor ge(const Operand& a, const Operand& b);
/// Types    bool.
[[nodiscard]] Tensor logical_and(const Operand& a, const Operand& b);
[[nodiscard]] Tensor logical_or(const Operand& a, const Operand& b);
[[nodiscard]] Tensor logical_xor(const Operand& a, const Operand& b);
/// Types    integers.
[[nodiscard]] Tensor bit_and(const Operand& a, const Operand& b);
[[nodiscard]] Tensor bit_or(const Operand& a, const Operand& b);
[[nodiscard]] Tensor bit_xor(const Operand& a, const Operand& b);
/// 0 when b is the width of the type or more; a negative b is beyond every width.
[[nodiscard]] Tensor shift_left(const Operand& a, const Operand& b);
/// u32: zeros move in; signed: the sign does, and is all that the width or more leaves.
[[nodiscard]] Tensor shift_right(const Operand& a, const Operand& b);

/// a where the condition holds, else b. What is not chosen plays no part in the result, not even NaN.
/// Its gradient is 0, which the rules behind it multiply with their slopes: where a slope is infinite
/// or NaN the product is NaN, as in PyTorch and JAX. So `where(x > 0, sqrt(x), 0)` has a NaN for a
/// gradient at 0, and `where(x > 0, sqrt(where(x > 0, x, 1)), 0)` has 0: choose the operand as well.
/// ASG_CHECK_NAN=1 and gradcheck name the node that makes such a NaN.
/// Types    condition bool.
[[nodiscard]] Tensor where(const Operand& condition, const Operand& a, const Operand& b);
/// The elements in another type. Float to integer rounds toward zero; to bool is != 0. Gradients
/// pass between float types only. A tensor of that type already is returned as it is.
[[nodiscard]] Tensor cast(const Operand& x, DType dtype);
/// The same bits read as another type of the same size.
/// Errors   TypeError when the sizes differ.
[[nodiscard]] Tensor bitcast(const Operand& x, DType dtype);
/// x limited to [low, high]. The gradient is x's up to the limits, and theirs outside, as in PyTorch.
[[nodiscard]] Tensor clamp(const Operand& x, const Operand& low, const Operand& high);
[[nodiscard]] Tensor square(const Operand& x);
/// 1 / x
[[nodiscard]] Tensor reciprocal(const Operand& x);
/// x itself, where gradients stop (PyTorch's detach). Parameters behind it that have no other way to
/// the loss are left alone by optimizers, weight decay included.
[[nodiscard]] Tensor stop_gradient(const Operand& x);

// Operators are the functions above, but for those that would be traps.
//
// `!`, `&&` and `||` are logical_not, logical_and and logical_or: of bools, element by element, and
// both sides are always computed. A comparison does not take the result of another: 1 < x < 3 is a
// TypeError that says so; write 1 < x && x < 3. There is no == and no !=, which C++ programs expect
// to be one bool: eq and ne compare elements, same_as the handles.

[[nodiscard]] Tensor operator-(const Operand& x);
[[nodiscard]] Tensor operator+(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator-(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator*(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator/(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator<(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator<=(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator>(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator>=(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator!(const Operand& x);
[[nodiscard]] Tensor operator&&(const Operand& a, const Operand& b);
[[nodiscard]] Tensor operator||(const Operand& a, const Operand& b);

}  // namespace asg
