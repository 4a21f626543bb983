// Trigonometric, hyperbolic and special functions, and those about NaN, infinities and signs.
//
// Shapes   operands broadcast against each other; the result has their common shape.
// Types    float; integers and bools become f32. Functions that say "numbers" keep integers.
// Errors   ShapeError when shapes do not broadcast, TypeError when types do not fit; both name the
//          caller's line.
//
// Accuracy: where a number of ulp (units in the last place) stands, that is the largest error that
// was measured on the CPU backend, in f32 and in f64, over the range in which the result is a
// normal number. Functions without one are as right as a handful of roundings are.
#pragma once
#include <optional>

#include <asg/graph/tensor.hpp>

namespace asg {

/// Within 2.5 ulp.
[[nodiscard]] Tensor tan(const Operand& x);
/// NaN outside [-1, 1]; the gradient at -1 and 1 is infinite. Within 3 ulp.
[[nodiscard]] Tensor asin(const Operand& x);
/// NaN outside [-1, 1]; the gradient at -1 and 1 is infinite. Within 3 ulp.
[[nodiscard]] Tensor acos(const Operand& x);
/// Within 2.5 ulp.
[[nodiscard]] Tensor atan(const Operand& x);
/// The angle of the point (x, y) in [-pi, pi], for all signs, zeros and infinities as in C. The
/// gradient at the origin is 0. Within 2.5 ulp.
[[nodiscard]] Tensor atan2(const Operand& y, const Operand& x);
/// Within 3 ulp.
[[nodiscard]] Tensor sinh(const Operand& x);
/// Within 3 ulp.
[[nodiscard]] Tensor cosh(const Operand& x);
/// Within 1.5 ulp.
[[nodiscard]] Tensor asinh(const Operand& x);
/// NaN below 1; the gradient at 1 is infinite. Within 2.5 ulp.
[[nodiscard]] Tensor acosh(const Operand& x);
/// Infinite at -1 and 1, NaN outside. Within 1.5 ulp.
[[nodiscard]] Tensor atanh(const Operand& x);
/// sqrt(a^2 + b^2), without squares that overflow. The gradient at the origin is 0. Within 2 ulp.
[[nodiscard]] Tensor hypot(const Operand& a, const Operand& b);

/// 2 to the power x. Within 1 ulp.
[[nodiscard]] Tensor exp2(const Operand& x);
/// To the bases 2 and 10; exact for whole powers. Within 2 ulp.
[[nodiscard]] Tensor log2(const Operand& x);
[[nodiscard]] Tensor log10(const Operand& x);
/// log2(2^a + 2^b), without overflow.
[[nodiscard]] Tensor logaddexp2(const Operand& a, const Operand& b);
/// x * log(y), and 0 where x is 0 and y is no NaN.
[[nodiscard]] Tensor xlogy(const Operand& x, const Operand& y);
/// log(x / (1 - x)), the inverse of sigmoid; x is limited to [eps, 1 - eps] before, if eps is
/// given. Within 1.5 ulp, also near 1/2.
[[nodiscard]] Tensor logit(const Operand& x, std::optional<double> eps = {});

/// 1 - erf(x), also where nothing of that is left: within 5 ulp.
[[nodiscard]] Tensor erfc(const Operand& x);
/// The inverse of erf; infinite at -1 and 1, NaN outside. Within 3 ulp.
[[nodiscard]] Tensor erfinv(const Operand& x);
/// log(|Gamma(x)|). Above 0 within 5.5 ulp, also near its zeros at 1 and 2; from -10 to 0 within
/// 4e-6 in f32 and 6e-15 in f64.
[[nodiscard]] Tensor lgamma(const Operand& x);
/// The derivative of lgamma. Above 0 within 4 ulp, also near its zero at 1.4616; NaN at -1, -2,
/// ..., -inf at 0.
[[nodiscard]] Tensor digamma(const Operand& x);
/// The n-th derivative of digamma; n = 0 is digamma itself. Above 0 within 6.5 ulp for n = 1.
/// Errors   TypeError when n is not in [0, 30].
[[nodiscard]] Tensor polygamma(int n, const Operand& x);

/// start + weight * (end - start).
[[nodiscard]] Tensor lerp(const Operand& start, const Operand& end, const Operand& weight);
/// a - b * floor(a / b): the remainder with the sign of b, Python's %.
/// Types    numbers; of integers 0 when b is 0 (PyTorch: an error).
[[nodiscard]] Tensor remainder(const Operand& a, const Operand& b);
/// floor(a / b); its gradient is 0.
/// Types    numbers; of integers 0 when b is 0 (PyTorch: an error).
[[nodiscard]] Tensor floor_divide(const Operand& a, const Operand& b);
/// The larger of x and low, as clamp with one limit: the gradient of equals is x's, where that of
/// maximum is shared.
/// Types    numbers.
[[nodiscard]] Tensor clamp_min(const Operand& x, const Operand& low);
/// The smaller of x and high.
/// Types    numbers.
[[nodiscard]] Tensor clamp_max(const Operand& x, const Operand& high);
/// Toward zero, to a whole number.
[[nodiscard]] Tensor trunc(const Operand& x);
/// x - trunc(x), with the sign of x.
[[nodiscard]] Tensor frac(const Operand& x);
/// 0 where x < 0, 1 where x > 0, `values` where x is 0. (And 0 where x is NaN, as in PyTorch.)
/// Types    numbers; the common type of both.
[[nodiscard]] Tensor heaviside(const Operand& x, const Operand& values);

/// bool. Of integers and bools false.
[[nodiscard]] Tensor isnan(const Operand& x);
/// bool: inf or -inf. Of integers and bools false. (PyTorch's isfinite is is_finite.)
[[nodiscard]] Tensor isinf(const Operand& x);
/// bool: whether x is below 0 or the zero -0. False of NaN, whose sign nobody may rely on.
[[nodiscard]] Tensor signbit(const Operand& x);
/// |a| with the sign of b, that of -0 included.
[[nodiscard]] Tensor copysign(const Operand& a, const Operand& b);
/// Numbers in place of NaN, inf and -inf: the largest and the lowest of x's type if they are not
/// given. Integers are returned as they are.
[[nodiscard]] Tensor nan_to_num(const Operand& x, double nan = 0.0,
                                std::optional<double> posinf = {},
                                std::optional<double> neginf = {});
/// The value where the mask is true, else x.
/// Shapes   mask and value broadcast to x's shape, which is the result's.
/// Types    mask bool; x any, which the value must fit into.
/// Errors   TypeError for a mask that is not bool, or a fraction that would fill integers.
[[nodiscard]] Tensor masked_fill(const Operand& x, const Operand& mask, const Operand& value);

}  // namespace asg
