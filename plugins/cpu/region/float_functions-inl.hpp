// exp, expm1, log, log1p, tanh and erf of float32 in vectors, without branches and within two units
// in the last place for every argument.  Included once for each target.
#if defined(ASG_CPU_FLOAT_FUNCTIONS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASG_CPU_FLOAT_FUNCTIONS_INL
#undef ASG_CPU_FLOAT_FUNCTIONS_INL
#else
#define ASG_CPU_FLOAT_FUNCTIONS_INL
#endif

#include <cstddef>
#include <cstdint>
#include <limits>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE::float32 {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using Integers = hn::RebindToSigned<D>;
using I = hn::Vec<Integers>;

HWY_INLINE V constant(float x) { return hn::Set(D(), x); }

/// c[0] + c[1] x + ..., even and odd powers apart: half as long a chain of operations that wait for
/// each other.
template <size_t n>
HWY_INLINE V polynomial(V x, const float (&c)[n]) {
  constexpr size_t last_even = (n - 1) / 2 * 2, last_odd = n / 2 * 2 - 1;
  const V square = hn::Mul(x, x);
  V even = constant(c[last_even]), odd = constant(c[last_odd]);
  for (size_t k = last_even; k >= 2; k -= 2) even = hn::MulAdd(even, square, constant(c[k - 2]));
  for (size_t k = last_odd; k >= 3; k -= 2) odd = hn::MulAdd(odd, square, constant(c[k - 2]));
  return hn::MulAdd(odd, x, even);
}

// Logarithm of 2 in two parts; the first is exact when multiplied by an exponent.
constexpr float ln2_high = 0.693359375f;
constexpr float ln2_low = -2.12194440054690583e-4f;
constexpr float log2_e = 1.44269504088896341f;

// The coefficients here and below are least in the greatest relative error over the interval named.

/// exp(x) = 2^n (1 + fraction)
struct Power {
  I n;
  V fraction;
};
HWY_INLINE Power split_exp(V x) {
  // (exp(r) - 1 - r) / r^2, |r| <= ln(2) / 2
  static constexpr float c[] = {5.000000066e-01f, 1.666653802e-01f, 4.166626653e-02f,
                                8.367246773e-03f, 1.394759845e-03f};
  const I n = hn::NearestInt(hn::Mul(x, constant(log2_e)));
  const V whole = hn::ConvertTo(D(), n);
  const V r = hn::NegMulAdd(whole, constant(ln2_low), hn::NegMulAdd(whole, constant(ln2_high), x));
  return {n, hn::MulAdd(hn::Mul(r, r), polynomial(r, c), r)};
}
/// 2^n for -127 < n < 128.
HWY_INLINE V power_of_two(I n) {
  const Integers di;
  return hn::BitCast(D(), hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
}

HWY_INLINE V nan_or(V x, V y) { return hn::IfThenElse(hn::IsNaN(x), x, y); }

HWY_INLINE V exp(V x) {
  const V low = constant(-104);
  // What is far below, as masked scores are, gives 0 without a detour through denormal numbers.
  const auto vanishes = hn::Lt(x, low);
  const Power p = split_exp(hn::Min(hn::IfThenZeroElse(vanishes, x), constant(89)));
  // In two steps, because the result may be denormal.
  const I half = hn::ShiftRight<1>(p.n);
  const V scale = power_of_two(half);
  const V y = hn::Mul(hn::MulAdd(scale, p.fraction, scale), power_of_two(hn::Sub(p.n, half)));
  return nan_or(x, hn::IfThenZeroElse(vanishes, y));
}

HWY_INLINE V expm1(V x) {
  const Power p = split_exp(hn::Min(hn::Max(x, constant(-20)), constant(89)));
  // Half the scale, so that the largest results do not overflow on the way.
  const V scale = power_of_two(hn::Sub(p.n, hn::Set(Integers(), 1)));
  const V half = hn::MulAdd(scale, p.fraction, hn::Sub(scale, constant(0.5f)));
  const auto small = hn::RebindMask(D(), hn::Eq(p.n, hn::Zero(Integers())));
  const V y = hn::IfThenElse(small, p.fraction, hn::Add(half, half));
  return nan_or(x, hn::CopySign(y, x));
}

HWY_INLINE V tanh(V x) {
  // (tanh(x) / x - 1) / x^2, |x| < 0.6
  static constexpr float near[] = {-3.333329927e-01f, 1.333195824e-01f, -5.378668365e-02f,
                                   2.080538485e-02f, -5.905868693e-03f};
  const V a = hn::Min(hn::Abs(x), constant(10));
  const V square = hn::Mul(a, a);
  const V inside = hn::MulAdd(hn::Mul(a, square), polynomial(square, near), a);
  // 1 - 2 / (exp(2 x) + 1)
  const V one = constant(1);
  const Power p = split_exp(hn::Add(a, a));
  const V scale = power_of_two(p.n);
  const V below = hn::MulAdd(scale, p.fraction, hn::Add(scale, one));
  const V outside = hn::Sub(one, hn::Div(constant(2), below));
  const V y = hn::IfThenElse(hn::Lt(a, constant(0.6f)), inside, outside);
  return nan_or(x, hn::CopySign(y, x));
}

/// A normal number as 2^n (1 + fraction), sqrt(1/2) <= 1 + fraction < sqrt(2).
HWY_INLINE Power split_log(V x) {
  const Integers di;
  const I root = hn::Set(di, 0x3f3504f3);
  const I bits = hn::Sub(hn::BitCast(di, x), root);
  const I mantissa = hn::Add(hn::And(bits, hn::Set(di, 0x7fffff)), root);
  return {hn::ShiftRight<23>(bits), hn::Sub(hn::BitCast(D(), mantissa), constant(1))};
}
HWY_INLINE V join_log(V n, V f) {
  // (log(1 + f) - f + f^2 / 2) / f^3
  static constexpr float c[] = {3.333331580e-01f,  -2.500082670e-01f, 2.000237476e-01f,
                                -1.662399859e-01f, 1.417882410e-01f,  -1.313221729e-01f,
                                1.290016626e-01f,  -7.872920546e-02f};
  const V square = hn::Mul(f, f);
  V y = hn::Mul(hn::Mul(square, f), polynomial(f, c));
  y = hn::MulAdd(n, constant(ln2_low), y);
  y = hn::NegMulAdd(constant(0.5f), square, y);
  return hn::MulAdd(n, constant(ln2_high), hn::Add(f, y));
}

/// y, the logarithm of x - pole, where it has one; elsewhere what IEEE 754 says.
HWY_INLINE V with_log_specials(V x, V pole, V y) {
  const V infinity = constant(std::numeric_limits<float>::infinity());
  const V special = hn::IfThenElse(hn::Eq(x, pole), hn::Neg(infinity),
                                   constant(std::numeric_limits<float>::quiet_NaN()));
  const V known = hn::IfThenElse(hn::Gt(x, pole), y, special);
  return hn::IfThenElse(hn::Or(hn::Eq(x, infinity), hn::IsNaN(x)), x, known);
}

HWY_INLINE V log(V x) {
  const auto denormal = hn::Lt(x, constant(std::numeric_limits<float>::min()));
  const V normal = hn::IfThenElse(denormal, hn::Mul(x, constant(0x1p25f)), x);
  const Power p = split_log(normal);
  const V n = hn::Sub(hn::ConvertTo(D(), p.n), hn::IfThenElseZero(denormal, constant(25)));
  return with_log_specials(x, hn::Zero(D()), join_log(n, p.fraction));
}

HWY_INLINE V log1p(V x) {
  const V one = constant(1);
  const V u = hn::Add(one, x), back = hn::Sub(u, one);
  // What was lost in 1 + x, exactly, and nothing where the sum is all that counts.
  const V lost = hn::Add(hn::Sub(one, hn::Sub(u, back)), hn::Sub(x, back));
  const Power p = split_log(u);
  const I shift = hn::Min(p.n, hn::Set(Integers(), 100));
  const V f = hn::MulAdd(lost, power_of_two(hn::Neg(shift)), p.fraction);
  const V y = hn::CopySign(join_log(hn::ConvertTo(D(), p.n), f), x);
  return with_log_specials(x, hn::Neg(one), y);
}

HWY_INLINE V erf(V x) {
  // erf(x) / x - 1 in powers of x^2, |x| < 1
  static constexpr float near[] = {1.283791660e-01f,  -3.761262582e-01f, 1.128358515e-01f,
                                   -2.685381193e-02f, 5.188327673e-03f,  -8.010193531e-04f,
                                   7.853861079e-05f};
  // -log(1 - erf(x)), 1 <= x <= 4
  static constexpr float far[] = {3.415260047e-04f, 1.127089178e+00f,  6.381448524e-01f,
                                  1.031067378e-01f, -2.183805609e-02f, 2.947656353e-03f,
                                  -1.863789962e-04f};
  const V one = constant(1);
  const V a = hn::Min(hn::Abs(x), constant(4));
  const V inside = hn::MulAdd(a, polynomial(hn::Mul(a, a), near), a);
  const Power p = split_exp(hn::Neg(polynomial(a, far)));
  const V scale = power_of_two(p.n);
  const V outside = hn::Sub(one, hn::MulAdd(scale, p.fraction, scale));
  const V y = hn::IfThenElse(hn::Lt(a, one), inside, outside);
  return nan_or(x, hn::CopySign(y, x));
}

}  // namespace asg::cpu::HWY_NAMESPACE::float32
HWY_AFTER_NAMESPACE();
#endif
