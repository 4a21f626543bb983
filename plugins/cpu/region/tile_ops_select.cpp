// Comparisons, selections and the float instructions that stay with the C library, compiled once
// for each instruction set.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "region/tile_ops.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "region/tile_ops_select.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "region/plain_loops-inl.hpp"

#include <asg/sdk/backend.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

struct Eq {
  template <class T>
  static HWY_INLINE uint8_t run(T a, T b) {
    return a == b;
  }
};
struct Ne {
  template <class T>
  static HWY_INLINE uint8_t run(T a, T b) {
    return a != b;
  }
};
struct Lt {
  template <class T>
  static HWY_INLINE uint8_t run(T a, T b) {
    return a < b;
  }
};
struct Le {
  template <class T>
  static HWY_INLINE uint8_t run(T a, T b) {
    return a <= b;
  }
};
struct Gt {
  template <class T>
  static HWY_INLINE uint8_t run(T a, T b) {
    return a > b;
  }
};
struct Ge {
  template <class T>
  static HWY_INLINE uint8_t run(T a, T b) {
    return a >= b;
  }
};

template <class T>
TileFn find_comparison(const TileOp& op) {
  switch (op.op) {
    case ASG_EW_EQ:
      return plain_binary_for<uint8_t, T, Eq>(op.uniform);
    case ASG_EW_NE:
      return plain_binary_for<uint8_t, T, Ne>(op.uniform);
    case ASG_EW_LT:
      return plain_binary_for<uint8_t, T, Lt>(op.uniform);
    case ASG_EW_LE:
      return plain_binary_for<uint8_t, T, Le>(op.uniform);
    case ASG_EW_GT:
      return plain_binary_for<uint8_t, T, Gt>(op.uniform);
    case ASG_EW_GE:
      return plain_binary_for<uint8_t, T, Ge>(op.uniform);
    default:
      return nullptr;
  }
}

template <class U, bool uniform_b, bool uniform_c>
void where(void* dst, const void* a, const void* b, const void* c, int64_t n) {
  const uint8_t* condition = static_cast<const uint8_t*>(a);
  const U* x = static_cast<const U*>(b);
  const U* y = static_cast<const U*>(c);
  U* z = static_cast<U*>(dst);
  const U first_x = *x, first_y = *y;
  ASG_CPU_VECTORIZE
  for (int64_t i = 0; i < n; ++i) {
    // Both are read before the choice, so that no branch is left in the loop.
    const U u = uniform_b ? first_x : x[i], v = uniform_c ? first_y : y[i];
    z[i] = condition[i] != 0 ? u : v;
  }
}

template <class U>
TileFn find_where(const TileOp& op) {
  switch (op.uniform) {
    case 0:
      return where<U, false, false>;
    case 2:
      return where<U, true, false>;
    case 4:
      return where<U, false, true>;
    case 6:
      return where<U, true, true>;
    default:
      return nullptr;
  }
}

struct IsFinite {
  static HWY_INLINE uint8_t run(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7f800000u) != 0x7f800000u;
  }
  static HWY_INLINE uint8_t run(double x) {
    uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7ff0000000000000u) != 0x7ff0000000000000u;
  }
};
struct FloatRem {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return std::fmod(a, b);
  }
};
struct FloatPow {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return std::pow(a, b);
  }
};
// A square is common and rounds once, so it is never farther from the truth than pow.
template <class T>
void power_uniform(void* dst, const void* a, const void* b, const void*, int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T exponent = *static_cast<const T*>(b);
  T* z = static_cast<T*>(dst);
  if (exponent == T{2}) {
    ASG_CPU_VECTORIZE
    for (int64_t i = 0; i < n; ++i) z[i] = x[i] * x[i];
  } else {
    for (int64_t i = 0; i < n; ++i) z[i] = std::pow(x[i], exponent);
  }
}

template <class T>
TileFn find_library(const TileOp& op) {
  if (op.op == ASG_EW_REM) return plain_binary_for<T, T, FloatRem>(op.uniform);
  if (op.op == ASG_EW_POW)
    return op.uniform == 2 ? power_uniform<T> : plain_binary_for<T, T, FloatPow>(op.uniform);
  return nullptr;
}

TileFn find_select(const TileOp& op) {
  if (op.op >= ASG_EW_EQ && op.op <= ASG_EW_GE) {
    switch (op.source) {
      case ASG_F32:
        return find_comparison<float>(op);
      case ASG_F64:
        return find_comparison<double>(op);
      case ASG_I8:
        return find_comparison<int8_t>(op);
      case ASG_I32:
        return find_comparison<int32_t>(op);
      case ASG_I64:
        return find_comparison<int64_t>(op);
      case ASG_U32:
        return find_comparison<uint32_t>(op);
      case ASG_U8:
      case ASG_BOOL:
        return find_comparison<uint8_t>(op);
      default:
        return nullptr;
    }
  }
  if (op.op == ASG_EW_WHERE) {
    switch (op.dtype) {
      case ASG_F32:
      case ASG_I32:
      case ASG_U32:
        return find_where<uint32_t>(op);
      case ASG_F64:
      case ASG_I64:
        return find_where<uint64_t>(op);
      case ASG_I8:
      case ASG_U8:
      case ASG_BOOL:
        return find_where<uint8_t>(op);
      default:
        return nullptr;
    }
  }
  if (op.op == ASG_EW_IS_FINITE) {
    if (op.source == ASG_F32) return plain_unary<uint8_t, float, IsFinite>;
    if (op.source == ASG_F64) return plain_unary<uint8_t, double, IsFinite>;
    return nullptr;
  }
  if (op.dtype == ASG_F32) return find_library<float>(op);
  if (op.dtype == ASG_F64) return find_library<double>(op);
  return nullptr;
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(find_select);
TileFn find_select_fn(const TileOp& op) { return HWY_DYNAMIC_DISPATCH(find_select)(op); }
}  // namespace asg::cpu
#endif
