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

#undef ASG_CPU_FLOAT_TABLES

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

// Vectors of 512 bits hold tables: one shuffle looks up 16 elements.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
#define ASG_CPU_FLOAT_TABLES

/// Elements of a table of 32, by the lowest five bits of each lane.
HWY_INLINE V look_up(const float* table, V index) {
  const D d;
  return V{_mm512_permutex2var_ps(hn::Load(d, table).raw, _mm512_castps_si512(index.raw),
                                  hn::Load(d, table + 16).raw)};
}
/// Added to a number, leaves it in steps of 1/32 or 1/8, their count in the lowest bits.
constexpr float steps_of_32nd = 0x1.8p23f / 32, steps_of_8th = 0x1.8p23f / 8;

// min and max give their second operand where one is NaN.

HWY_INLINE V exp(V x) {
  // 2^(j / 32)
  alignas(64) static constexpr float roots[] = {
      1.000000000e+00f, 1.021897197e+00f, 1.044273734e+00f, 1.067140460e+00f, 1.090507746e+00f,
      1.114386797e+00f, 1.138788581e+00f, 1.163724899e+00f, 1.189207077e+00f, 1.215247393e+00f,
      1.241857767e+00f, 1.269050956e+00f, 1.296839595e+00f, 1.325236678e+00f, 1.354255557e+00f,
      1.383909941e+00f, 1.414213538e+00f, 1.445180774e+00f, 1.476826191e+00f, 1.509164453e+00f,
      1.542210817e+00f, 1.575980902e+00f, 1.610490322e+00f, 1.645755529e+00f, 1.681792855e+00f,
      1.718619347e+00f, 1.756252170e+00f, 1.794709086e+00f, 1.834008098e+00f, 1.874167681e+00f,
      1.915206552e+00f, 1.957144141e+00f};
  const V low = constant(-104.0f), high = constant(89.0f), step = constant(steps_of_32nd);
  const V a = V{_mm512_max_ps(low.raw, _mm512_min_ps(high.raw, x.raw))};
  const V shifted = hn::MulAdd(a, constant(log2_e), step);
  const V n = hn::Sub(shifted, step);
  const V r = hn::NegMulAdd(n, constant(ln2_low), hn::NegMulAdd(n, constant(ln2_high), a));
  // exp(r) - 1, |r| <= ln(2) / 64
  const V tail = hn::MulAdd(r, constant(1.0f / 6), constant(0.5f));
  const V fraction = hn::MulAdd(hn::Mul(r, r), tail, r);
  const V root = look_up(roots, shifted);
  // Multiplies by 2^floor(n).
  return V{_mm512_scalef_ps(hn::MulAdd(root, fraction, root).raw, n.raw)};
}

HWY_INLINE V erf(V x) {
  // erf(k / 8 + t) - t in powers of t, |t| <= 1/16, for every k < 32
  alignas(64) static constexpr float c[][32] = {
      {0.000000000e+00f, 1.403162032e-01f, 2.763263881e-01f, 4.041168988e-01f, 5.204998851e-01f,
       6.232408881e-01f, 7.111556530e-01f, 7.840750813e-01f, 8.427007794e-01f, 8.883882165e-01f,
       9.229001403e-01f, 9.481700659e-01f, 9.661051631e-01f, 9.784437418e-01f, 9.866716862e-01f,
       9.919900298e-01f, 9.953222871e-01f, 9.973459840e-01f, 9.985373020e-01f, 9.992170334e-01f,
       9.995930195e-01f, 9.997946024e-01f, 9.998993874e-01f, 9.999521375e-01f, 9.999778867e-01f,
       9.999901056e-01f, 9.999957085e-01f, 9.999982119e-01f, 9.999992847e-01f, 9.999997020e-01f,
       9.999998808e-01f, 9.999999404e-01f},
      {1.283791512e-01f,  1.108848378e-01f,  6.001376733e-02f,  -1.964721642e-02f,
       -1.212174073e-01f, -2.365004569e-01f, -3.570689261e-01f, -4.752549529e-01f,
       -5.848925114e-01f, -6.817260385e-01f, -7.634788752e-01f, -8.296402097e-01f,
       -8.810697198e-01f, -9.195277095e-01f, -9.472250342e-01f, -9.664542079e-01f,
       -9.793330431e-01f, -9.876591563e-01f, -9.928576946e-01f, -9.959935546e-01f,
       -9.978217483e-01f, -9.988521338e-01f, -9.994137287e-01f, -9.997097850e-01f,
       -9.998607635e-01f, -9.999352694e-01f, -9.999707937e-01f, -9.999872446e-01f,
       -9.999945760e-01f, -9.999977946e-01f, -9.999991059e-01f, -9.999996424e-01f},
      {7.193221791e-06f,  -1.388545781e-01f, -2.650000453e-01f, -3.676165342e-01f,
       -4.394030571e-01f, -4.771944284e-01f, -4.822287261e-01f, -4.591815472e-01f,
       -4.150938690e-01f, -3.580390215e-01f, -2.956675589e-01f, -2.342361808e-01f,
       -1.784255803e-01f, -1.307838708e-01f, -9.238491207e-02f, -6.284533441e-02f,
       -4.137533531e-02f, -2.624789067e-02f, -1.610491611e-02f, -9.460916743e-03f,
       -5.390888546e-03f, -2.971219830e-03f, -1.629970036e-03f, -8.195920382e-04f,
       -3.738461819e-04f, -2.066219458e-04f, -1.163266497e-04f, -9.525682253e-05f,
       -7.235111843e-05f, -2.623804448e-06f, 7.105727946e-06f,  3.180870772e-05f},
      {-3.766866326e-01f, -3.582357466e-01f, -3.087862134e-01f, -2.347307354e-01f,
       -1.464575082e-01f, -5.575919151e-02f, 2.664994076e-02f,  9.273549169e-02f,
       1.381489486e-01f,  1.622673422e-01f,  1.673946828e-01f,  1.578390151e-01f,
       1.387235820e-01f,  1.148227900e-01f,  9.018895775e-02f,  6.749047339e-02f,
       4.827343673e-02f,  3.305378556e-02f,  2.176167443e-02f,  1.376873255e-02f,
       8.381058462e-03f,  4.907155875e-03f,  2.771334257e-03f,  1.512630144e-03f,
       7.980535156e-04f,  4.143083934e-04f,  1.908885024e-04f,  9.187874821e-05f,
       3.419033965e-05f,  2.264893374e-05f,  3.626193575e-06f,  -6.630979442e-06f},
      {1.418001205e-02f,  6.693013012e-02f,  1.259819120e-01f,  1.629549116e-01f,
       1.855001748e-01f,  1.777848601e-01f,  1.571991593e-01f,  1.186636016e-01f,
       6.661996245e-02f,  2.413799800e-02f,  -2.716271440e-03f, -3.213617578e-02f,
       -3.734729439e-02f, -4.552006721e-02f, -4.084003344e-02f, -5.561468378e-02f,
       -2.411482111e-02f, -2.082609013e-02f, -1.045845728e-02f, -2.688800730e-02f,
       -2.247812971e-02f, -1.600814983e-02f, 1.196515281e-03f,  -5.628670566e-03f,
       -1.213788614e-02f, 4.419470788e-04f,  5.118346773e-03f,  1.304713916e-02f,
       1.342360675e-02f,  -1.380922506e-03f, -2.630581846e-03f, -8.472310379e-03f}};
  const V largest = constant(3.9207f), step = constant(steps_of_8th);
  const V a = V{_mm512_min_ps(largest.raw, hn::Abs(x).raw)};
  const V shifted = hn::Add(a, step);
  const V t = hn::Sub(a, hn::Sub(shifted, step));
  V y = look_up(c[4], shifted);
  for (int k = 3; k >= 0; --k) y = hn::MulAdd(y, t, look_up(c[k], shifted));
  return hn::CopySign(hn::Add(y, t), x);
}

#else

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

#endif

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

}  // namespace asg::cpu::HWY_NAMESPACE::float32
HWY_AFTER_NAMESPACE();
#endif
