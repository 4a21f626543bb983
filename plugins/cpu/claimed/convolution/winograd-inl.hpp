// Winograd's transforms along one axis.  Included once for each target.
#if defined(ASG_CPU_WINOGRAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASG_CPU_WINOGRAD_INL
#undef ASG_CPU_WINOGRAD_INL
#else
#define ASG_CPU_WINOGRAD_INL
#endif

#include <cstdint>

#include <hwy/highway.h>

#include "claimed/simd/block_gemm-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

// The points are 0, near, -near, far, -far and infinity.
inline constexpr float near = 0.75f, far = 1.5f;
inline constexpr float near2 = near * near, far2 = far * far;
inline constexpr float near3 = near2 * near, far3 = far2 * far;
// The products of a point's distances to the others, by which one side is divided.
inline constexpr float by_zero = 1 / (near2 * far2), by_near = 1 / (2 * near2 * (near2 - far2)),
                       by_far = 1 / (2 * far2 * (far2 - near2));

HWY_INLINE FloatVector times(float a, FloatVector x) { return hn::Mul(hn::Set(Floats(), a), x); }
HWY_INLINE FloatVector plus_times(FloatVector x, float a, FloatVector y) {
  return hn::MulAdd(hn::Set(Floats(), a), y, x);
}

/// Six elements of an image: the coefficients of the polynomials that are 0 at all points but one.
struct OfImage {
  static constexpr int64_t in = 6, out = 6;
  static HWY_INLINE void apply(const FloatVector* d, FloatVector* t) {
    t[0] = plus_times(plus_times(d[4], -(near2 + far2), d[2]), near2 * far2, d[0]);
    const FloatVector even = plus_times(d[4], -far2, d[2]);
    const FloatVector odd = times(near, plus_times(d[3], -far2, d[1]));
    t[1] = hn::Add(even, odd);
    t[2] = hn::Sub(even, odd);
    const FloatVector even_far = plus_times(d[4], -near2, d[2]);
    const FloatVector odd_far = times(far, plus_times(d[3], -near2, d[1]));
    t[3] = hn::Add(even_far, odd_far);
    t[4] = hn::Sub(even_far, odd_far);
    t[5] = plus_times(plus_times(d[5], -(near2 + far2), d[3]), near2 * far2, d[1]);
  }
};
/// Three elements of a kernel: their polynomial at the points.
struct OfKernel {
  static constexpr int64_t in = 3, out = 6;
  static HWY_INLINE void apply(const FloatVector* g, FloatVector* t) {
    t[0] = times(by_zero, g[0]);
    const FloatVector even = times(by_near, plus_times(g[0], near2, g[2]));
    const FloatVector odd = times(by_near * near, g[1]);
    t[1] = hn::Add(even, odd);
    t[2] = hn::Sub(even, odd);
    const FloatVector even_far = times(by_far, plus_times(g[0], far2, g[2]));
    const FloatVector odd_far = times(by_far * far, g[1]);
    t[3] = hn::Add(even_far, odd_far);
    t[4] = hn::Sub(even_far, odd_far);
    t[5] = g[2];
  }
};
/// Four results that a gradient comes from, in a kernel's place.
struct OfResults {
  static constexpr int64_t in = 4, out = 6;
  static HWY_INLINE void apply(const FloatVector* g, FloatVector* t) {
    t[0] = times(by_zero, g[0]);
    const FloatVector even = times(by_near, plus_times(g[0], near2, g[2]));
    const FloatVector odd = times(by_near * near, plus_times(g[1], near2, g[3]));
    t[1] = hn::Add(even, odd);
    t[2] = hn::Sub(even, odd);
    const FloatVector even_far = times(by_far, plus_times(g[0], far2, g[2]));
    const FloatVector odd_far = times(by_far * far, plus_times(g[1], far2, g[3]));
    t[3] = hn::Add(even_far, odd_far);
    t[4] = hn::Sub(even_far, odd_far);
    t[5] = g[3];
  }
};
/// Back to four results.
struct ToResults {
  static constexpr int64_t in = 6, out = 4;
  static HWY_INLINE void apply(const FloatVector* m, FloatVector* y) {
    const FloatVector even = hn::Add(m[1], m[2]), odd = hn::Sub(m[1], m[2]);
    const FloatVector even_far = hn::Add(m[3], m[4]), odd_far = hn::Sub(m[3], m[4]);
    y[0] = hn::Add(m[0], hn::Add(even, even_far));
    y[1] = plus_times(times(near, odd), far, odd_far);
    y[2] = plus_times(times(near2, even), far2, even_far);
    y[3] = hn::Add(plus_times(times(near3, odd), far3, odd_far), m[5]);
  }
};
/// Back to three elements of a kernel's gradient.
struct ToKernel {
  static constexpr int64_t in = 6, out = 3;
  static HWY_INLINE void apply(const FloatVector* m, FloatVector* y) {
    const FloatVector even = hn::Add(m[1], m[2]), odd = hn::Sub(m[1], m[2]);
    const FloatVector even_far = hn::Add(m[3], m[4]), odd_far = hn::Sub(m[3], m[4]);
    y[0] = hn::Add(m[0], hn::Add(even, even_far));
    y[1] = plus_times(times(near, odd), far, odd_far);
    y[2] = hn::Add(plus_times(times(near2, even), far2, even_far), m[5]);
  }
};

/// A transform along both axes: element (i, j) is load(i, j), result (i, j) goes to store(i, j, x).
template <class Transform, class Load, class Store>
HWY_INLINE void transform_both(Load load, Store store) {
  const Floats d;
  constexpr int64_t in = Transform::in, out = Transform::out;
  HWY_ALIGN float half[out * in * lanes];
  for (int64_t j = 0; j < in; ++j) {
    FloatVector from[in], to[out];
    for (int64_t i = 0; i < in; ++i) from[i] = load(i, j);
    Transform::apply(from, to);
    for (int64_t i = 0; i < out; ++i) hn::Store(to[i], d, half + (i * in + j) * lanes);
  }
  for (int64_t i = 0; i < out; ++i) {
    FloatVector from[in], to[out];
    for (int64_t j = 0; j < in; ++j) from[j] = hn::Load(d, half + (i * in + j) * lanes);
    Transform::apply(from, to);
    for (int64_t j = 0; j < out; ++j) store(i, j, to[j]);
  }
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
