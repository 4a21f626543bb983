// Integer and boolean instructions, compiled once for each instruction set.
#include <cstdint>
#include <limits>
#include <type_traits>

#include <asg/sdk/shift.hpp>

#include "region/tile_ops.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "region/tile_ops_integer.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "region/plain_loops-inl.hpp"

#include <asg/sdk/backend.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

// Wrapping arithmetic is done on the bits: signed overflow is undefined in C++.  Types narrower
// than int must not be widened to it first, hence at least 32 bits.
template <class T>
using Bits = std::conditional_t<(sizeof(T) < 4), uint32_t, std::make_unsigned_t<T>>;

struct IntAdd {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return static_cast<T>(static_cast<Bits<T>>(a) + static_cast<Bits<T>>(b));
  }
};
struct IntSub {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return static_cast<T>(static_cast<Bits<T>>(a) - static_cast<Bits<T>>(b));
  }
};
struct IntMul {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return static_cast<T>(static_cast<Bits<T>>(a) * static_cast<Bits<T>>(b));
  }
};
struct IntDiv {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    if (b == 0) return 0;
    if (std::is_signed_v<T> && b == static_cast<T>(-1)) return IntSub::run(T{0}, a);
    return static_cast<T>(a / b);
  }
};
struct IntRem {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    if (b == 0 || (std::is_signed_v<T> && b == static_cast<T>(-1))) return 0;
    return static_cast<T>(a % b);
  }
};
struct IntPow {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    if constexpr (std::is_signed_v<T>) {
      if (b < 0) {
        if (a == 1) return 1;
        if (a == -1) return b % 2 == 0 ? T{1} : T{-1};
        return 0;
      }
    }
    T result = 1;
    for (; b > 0; b = static_cast<T>(b >> 1)) {
      if (b & 1) result = IntMul::run(result, a);
      a = IntMul::run(a, a);
    }
    return result;
  }
};
struct IntMax {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return a < b ? b : a;
  }
};
struct IntMin {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return b < a ? b : a;
  }
};
struct IntNeg {
  template <class T>
  static HWY_INLINE T run(T a) {
    return IntSub::run(T{0}, a);
  }
};
struct IntAbs {
  template <class T>
  static HWY_INLINE T run(T a) {
    return a < T{0} ? IntSub::run(T{0}, a) : a;
  }
};
struct IntSign {
  template <class T>
  static HWY_INLINE T run(T a) {
    return static_cast<T>((a > T{0}) - (a < T{0}));
  }
};
struct BitAnd {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct BitOr {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct BitXor {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};
struct ShiftLeft {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return sdk::shift_left(a, b);
  }
};
struct ShiftRight {
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return sdk::shift_right(a, b);
  }
};
struct Not {
  static HWY_INLINE uint8_t run(uint8_t a) { return a == 0; }
};

template <class T>
TileFn find_integer_for(const TileOp& op) {
  switch (op.op) {
    case ASG_EW_NEG:
      return plain_unary<T, T, IntNeg>;
    case ASG_EW_ABS:
      return plain_unary<T, T, IntAbs>;
    case ASG_EW_SIGN:
      return plain_unary<T, T, IntSign>;
    case ASG_EW_ADD:
      return plain_binary_for<T, T, IntAdd>(op.uniform);
    case ASG_EW_SUB:
      return plain_binary_for<T, T, IntSub>(op.uniform);
    case ASG_EW_MUL:
      return plain_binary_for<T, T, IntMul>(op.uniform);
    case ASG_EW_DIV:
      return op.uniform == 0 ? plain_binary<T, T, IntDiv> : nullptr;
    case ASG_EW_REM:
      return op.uniform == 0 ? plain_binary<T, T, IntRem> : nullptr;
    case ASG_EW_POW:
      return op.uniform == 0 ? plain_binary<T, T, IntPow> : nullptr;
    case ASG_EW_MAX:
      return plain_binary_for<T, T, IntMax>(op.uniform);
    case ASG_EW_MIN:
      return plain_binary_for<T, T, IntMin>(op.uniform);
    case ASG_EW_BIT_AND:
      return plain_binary_for<T, T, BitAnd>(op.uniform);
    case ASG_EW_BIT_OR:
      return plain_binary_for<T, T, BitOr>(op.uniform);
    case ASG_EW_BIT_XOR:
      return plain_binary_for<T, T, BitXor>(op.uniform);
    case ASG_EW_SHIFT_LEFT:
      return plain_binary_for<T, T, ShiftLeft>(op.uniform);
    case ASG_EW_SHIFT_RIGHT:
      return plain_binary_for<T, T, ShiftRight>(op.uniform);
    default:
      return nullptr;
  }
}

TileFn find_bool(const TileOp& op) {
  switch (op.op) {
    case ASG_EW_NOT:
      return plain_unary<uint8_t, uint8_t, Not>;
    case ASG_EW_AND:
    case ASG_EW_MIN:
      return plain_binary_for<uint8_t, uint8_t, BitAnd>(op.uniform);
    case ASG_EW_OR:
    case ASG_EW_MAX:
      return plain_binary_for<uint8_t, uint8_t, BitOr>(op.uniform);
    case ASG_EW_XOR:
      return plain_binary_for<uint8_t, uint8_t, BitXor>(op.uniform);
    default:
      return nullptr;
  }
}

TileFn find_integer(const TileOp& op) {
  switch (op.dtype) {
    case ASG_I8:
      return find_integer_for<int8_t>(op);
    case ASG_U8:
      return find_integer_for<uint8_t>(op);
    case ASG_I32:
      return find_integer_for<int32_t>(op);
    case ASG_U32:
      return find_integer_for<uint32_t>(op);
    case ASG_I64:
      return find_integer_for<int64_t>(op);
    case ASG_BOOL:
      return find_bool(op);
    default:
      return nullptr;
  }
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(find_integer);
TileFn find_integer_fn(const TileOp& op) { return HWY_DYNAMIC_DISPATCH(find_integer)(op); }
}  // namespace asg::cpu
#endif
