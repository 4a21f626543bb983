// Loops over tiles in vectors of the current target; included once for each target.
#if defined(ASG_CPU_SIMD_LOOPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASG_CPU_SIMD_LOOPS_INL
#undef ASG_CPU_SIMD_LOOPS_INL
#else
#define ASG_CPU_SIMD_LOOPS_INL
#endif

#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The last few elements go through these, so that nothing outside the arrays is touched and every
// element sees the same instructions wherever it stands in a tile.
template <class T, class D, class V = hn::Vec<D>>
HWY_INLINE V load_tail(D d, const T* from, int64_t n) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(T)] = {};
  std::memcpy(buffer, from, static_cast<size_t>(n) * sizeof(T));
  return hn::Load(d, buffer);
#else
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, from);
#endif
}
template <class T, class D, class V>
HWY_INLINE void store_tail(D d, V v, T* to, int64_t n) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(v, d, buffer);
  std::memcpy(to, buffer, static_cast<size_t>(n) * sizeof(T));
#else
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, to);
#endif
}

template <class T, class Op>
void unary(void* dst, const void* a, const void*, const void*, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const T* x = static_cast<const T*>(a);
  T* y = static_cast<T*>(dst);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(Op::run(d, hn::LoadU(d, x + i)), d, y + i);
  if (i < n) store_tail(d, Op::run(d, load_tail(d, x + i, n - i)), y + i, n - i);
}

/// Both operands vary, or one of them (`uniform_a`, `uniform_b`) is one element.
template <class T, class Op, bool uniform_a, bool uniform_b>
void binary(void* dst, const void* a, const void* b, const void*, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  T* z = static_cast<T*>(dst);
  const auto first_x = hn::Set(d, *x);
  const auto first_y = hn::Set(d, *y);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto u = uniform_a ? first_x : hn::LoadU(d, x + i);
    const auto v = uniform_b ? first_y : hn::LoadU(d, y + i);
    hn::StoreU(Op::run(d, u, v), d, z + i);
  }
  if (i < n) {
    const auto u = uniform_a ? first_x : load_tail(d, x + i, n - i);
    const auto v = uniform_b ? first_y : load_tail(d, y + i, n - i);
    store_tail(d, Op::run(d, u, v), z + i, n - i);
  }
}

template <class T, class Op>
TileFn binary_for(uint32_t uniform) {
  switch (uniform & 3u) {
    case 1:
      return binary<T, Op, true, false>;
    case 2:
      return binary<T, Op, false, true>;
    case 3:
      return binary<T, Op, true, true>;
    default:
      return binary<T, Op, false, false>;
  }
}

struct Add {
  template <class D, class V>
  static HWY_INLINE V run(D, V a, V b) {
    return hn::Add(a, b);
  }
};
struct Mul {
  template <class D, class V>
  static HWY_INLINE V run(D, V a, V b) {
    return hn::Mul(a, b);
  }
};
// A NaN operand gives NaN; of equal operands (0 and -0 are) the first.
struct Max {
  template <class D, class V>
  static HWY_INLINE V run(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
  }
};
struct Min {
  template <class D, class V>
  static HWY_INLINE V run(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(b, a), hn::IsNaN(b)), b, a);
  }
};

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
