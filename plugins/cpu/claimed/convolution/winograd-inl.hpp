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

// The points are 0, 1, -1 and infinity: all factors are exact.
HWY_INLINE FloatVector half_of(FloatVector x) { return hn::Mul(hn::Set(Floats(), 0.5f), x); }

/// Four elements of an image: the coefficients of the polynomials that are 0 at all points but one.
struct OfImage {
  static constexpr int64_t in = 4, out = 4;
  static HWY_INLINE void apply(const FloatVector* d, FloatVector* t) {
    t[0] = hn::Sub(d[0], d[2]);
    t[1] = hn::Add(d[1], d[2]);
    t[2] = hn::Sub(d[2], d[1]);
    t[3] = hn::Sub(d[3], d[1]);
  }
};
/// Three elements of a kernel: their polynomial at the points.
struct OfKernel {
  static constexpr int64_t in = 3, out = 4;
  static HWY_INLINE void apply(const FloatVector* g, FloatVector* t) {
    const FloatVector even = half_of(hn::Add(g[0], g[2])), odd = half_of(g[1]);
    t[0] = g[0];
    t[1] = hn::Add(even, odd);
    t[2] = hn::Sub(even, odd);
    t[3] = g[2];
  }
};
/// Back to two results.
struct ToResults {
  static constexpr int64_t in = 4, out = 2;
  static HWY_INLINE void apply(const FloatVector* m, FloatVector* y) {
    y[0] = hn::Add(m[0], hn::Add(m[1], m[2]));
    y[1] = hn::Add(hn::Sub(m[1], m[2]), m[3]);
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
