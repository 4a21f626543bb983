// Plain loops that the compiler turns into vectors of the current target.
#if defined(ASG_CPU_PLAIN_LOOPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASG_CPU_PLAIN_LOOPS_INL
#undef ASG_CPU_PLAIN_LOOPS_INL
#else
#define ASG_CPU_PLAIN_LOOPS_INL
#endif

#include <cstdint>
#include <type_traits>

#include <hwy/highway.h>

// dst may be the very array of an operand, which the compiler must be told is harmless.
#undef ASG_CPU_VECTORIZE
#if defined(__clang__)
// Not every instruction has a vector form, and that is no news.
#pragma clang diagnostic ignored "-Wpass-failed"
#define ASG_CPU_VECTORIZE _Pragma("clang loop vectorize(assume_safety)")
#else
#define ASG_CPU_VECTORIZE _Pragma("GCC ivdep")
#endif

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

template <class R, class A, class Op>
void plain_unary(void* dst, const void* a, const void*, const void*, int64_t n) {
  const A* x = static_cast<const A*>(a);
  R* y = static_cast<R*>(dst);
  ASG_CPU_VECTORIZE
  for (int64_t i = 0; i < n; ++i) y[i] = Op::run(x[i]);
}

template <class R, class A, class Op>
void plain_binary(void* dst, const void* a, const void* b, const void*, int64_t n) {
  const A* x = static_cast<const A*>(a);
  const A* y = static_cast<const A*>(b);
  R* z = static_cast<R*>(dst);
  ASG_CPU_VECTORIZE
  for (int64_t i = 0; i < n; ++i) z[i] = Op::run(x[i], y[i]);
}

template <class R, class A, class Op>
void plain_binary_uniform_b(void* dst, const void* a, const void* b, const void*, int64_t n) {
  const A* x = static_cast<const A*>(a);
  const A y = *static_cast<const A*>(b);
  R* z = static_cast<R*>(dst);
  ASG_CPU_VECTORIZE
  for (int64_t i = 0; i < n; ++i) z[i] = Op::run(x[i], y);
}

template <class R, class A, class Op>
TileFn plain_binary_for(uint32_t uniform) {
  if (uniform == 0) return plain_binary<R, A, Op>;
  if (uniform == 2) return plain_binary_uniform_b<R, A, Op>;
  return nullptr;
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
