// Float instructions, compiled once for each instruction set.
#include <cmath>
#include <limits>

#include "region/tile_ops.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "region/tile_ops_float.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "region/float_functions-inl.hpp"
#include "region/simd_loops-inl.hpp"

#include <asg/sdk/backend.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

template <class D>
using Element = hn::TFromD<D>;
template <class D>
HWY_INLINE auto constant(D d, double value) {
  return hn::Set(d, static_cast<Element<D>>(value));
}
template <class D>
HWY_INLINE auto infinity(D d) {
  return hn::Set(d, std::numeric_limits<Element<D>>::infinity());
}

struct Neg {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    return hn::Xor(x, hn::SignBit(d));
  }
};
struct Abs {
  template <class D, class V>
  static HWY_INLINE V run(D, V x) {
    return hn::Abs(x);
  }
};
struct Sign {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    const V zero = hn::Zero(d);
    return hn::IfThenElse(hn::Gt(x, zero), constant(d, 1),
                          hn::IfThenElse(hn::Lt(x, zero), constant(d, -1), x));
  }
};
struct Floor {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    return hn::Or(hn::Floor(x), hn::And(x, hn::SignBit(d)));
  }
};
// The sign is taken from x: the ceiling of -0.5 is -0.
struct Ceil {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    return hn::Or(hn::Ceil(x), hn::And(x, hn::SignBit(d)));
  }
};
struct Round {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    return hn::Or(hn::Round(x), hn::And(x, hn::SignBit(d)));
  }
};
struct Sqrt {
  template <class D, class V>
  static HWY_INLINE V run(D, V x) {
    return hn::Sqrt(x);
  }
};
struct Rsqrt {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    return hn::Div(constant(d, 1), hn::Sqrt(x));
  }
};

// Highway's functions are accurate to about three units in the last place inside their domain;
// what they leave undefined outside is added here.  In float64 most functions are left to the C
// library: gradients are checked there, and the cosine of 0 should be 1.
struct Exp {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    const V high = constant(d, 710), low = constant(d, -746);
    const auto vanishes = hn::Lt(x, low);
    V y = hn::Exp(d, hn::Min(hn::IfThenZeroElse(vanishes, x), high));
    y = hn::IfThenElse(hn::Gt(x, constant(d, 709.782712893384)), infinity(d), y);
    y = hn::IfThenZeroElse(vanishes, y);
    return hn::IfThenElse(hn::IsNaN(x), x, y);
  }
};
struct Log {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    const V zero = hn::Zero(d);
    V y = hn::Log(d, x);
    y = hn::IfThenElse(hn::Eq(x, infinity(d)), x, y);
    y = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity(d)), y);
    y = hn::IfThenElse(hn::Lt(x, zero), hn::Set(d, std::numeric_limits<Element<D>>::quiet_NaN()),
                       y);
    return hn::IfThenElse(hn::IsNaN(x), x, y);
  }
};
/// One of the functions of namespace float32.
template <float32::V (*function)(float32::V)>
struct Float32 {
  static HWY_INLINE float32::V run(float32::D, float32::V x) { return function(x); }
};
/// Highway's range reduction holds up to 39000; larger arguments go to the C library.
template <class Fast, class Scalar>
struct Periodic {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    const auto inside = hn::Lt(hn::Abs(x), constant(d, 30000));
    if (HWY_LIKELY(hn::AllTrue(d, inside))) return Fast::run(d, x);
    using T = Element<D>;
    HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(T)];
    hn::Store(x, d, buffer);
    for (size_t i = 0; i < hn::Lanes(d); ++i) buffer[i] = Scalar::run(buffer[i]);
    return hn::IfThenElse(inside, Fast::run(d, hn::IfThenElseZero(inside, x)), hn::Load(d, buffer));
  }
};
/// Element by element in the C library.
template <class Scalar>
struct Library {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    using T = Element<D>;
    HWY_ALIGN T buffer[HWY_MAX_BYTES / sizeof(T)];
    hn::Store(x, d, buffer);
    for (size_t i = 0; i < hn::Lanes(d); ++i) buffer[i] = Scalar::run(buffer[i]);
    return hn::Load(d, buffer);
  }
};
// Highway's waves go one unit beyond 1, where sqrt(1 - cos(x)^2) would be NaN.
struct FastSin {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    const V tiny = constant(d, 1e-4), one = constant(d, 1);
    const V y = hn::Clamp(hn::Sin(d, x), hn::Neg(one), one);
    return hn::IfThenElse(hn::Lt(hn::Abs(x), tiny), x, y);
  }
};
struct FastCos {
  template <class D, class V>
  static HWY_INLINE V run(D d, V x) {
    const V one = constant(d, 1);
    return hn::Clamp(hn::Cos(d, x), hn::Neg(one), one);
  }
};
struct ScalarSin {
  template <class T>
  static T run(T x) {
    return std::sin(x);
  }
};
struct ScalarCos {
  template <class T>
  static T run(T x) {
    return std::cos(x);
  }
};

struct Sub {
  template <class D, class V>
  static HWY_INLINE V run(D, V a, V b) {
    return hn::Sub(a, b);
  }
};
struct Div {
  template <class D, class V>
  static HWY_INLINE V run(D, V a, V b) {
    return hn::Div(a, b);
  }
};

struct MulThenAdd {
  template <class V>
  static HWY_INLINE V run(V product, V c) {
    return hn::Add(product, c);
  }
};
struct MulThenSub {
  template <class V>
  static HWY_INLINE V run(V product, V c) {
    return hn::Sub(product, c);
  }
};
struct MulThenMul {
  template <class V>
  static HWY_INLINE V run(V product, V c) {
    return hn::Mul(product, c);
  }
};
struct SubMul {
  template <class V>
  static HWY_INLINE V run(V product, V c) {
    return hn::Sub(c, product);
  }
};

template <class T, class Op, bool uniform_b, bool uniform_c>
void product_then(void* dst, const void* a, const void* b, const void* c, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  const T* z = static_cast<const T*>(c);
  T* to = static_cast<T*>(dst);
  const auto first_y = hn::Set(d, *y);
  const auto first_z = hn::Set(d, *z);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto v = uniform_b ? first_y : hn::LoadU(d, y + i);
    const auto w = uniform_c ? first_z : hn::LoadU(d, z + i);
    hn::StoreU(Op::run(hn::Mul(hn::LoadU(d, x + i), v), w), d, to + i);
  }
  if (i < n) {
    const auto v = uniform_b ? first_y : load_tail(d, y + i, n - i);
    const auto w = uniform_c ? first_z : load_tail(d, z + i, n - i);
    store_tail(d, Op::run(hn::Mul(load_tail(d, x + i, n - i), v), w), to + i, n - i);
  }
}
template <class T, class Op>
TileFn product_for(uint32_t uniform) {
  switch (uniform) {
    case 0:
      return product_then<T, Op, false, false>;
    case 2:
      return product_then<T, Op, true, false>;
    case 4:
      return product_then<T, Op, false, true>;
    case 6:
      return product_then<T, Op, true, true>;
    default:
      return nullptr;
  }
}

struct ScalarTanh {
  template <class T>
  static T run(T x) {
    return std::tanh(x);
  }
};
struct ScalarErf {
  template <class T>
  static T run(T x) {
    return std::erf(x);
  }
};
struct ScalarExpm1 {
  template <class T>
  static T run(T x) {
    return std::expm1(x);
  }
};
struct ScalarLog1p {
  template <class T>
  static T run(T x) {
    return std::log1p(x);
  }
};

template <class T, class Fast, class Wide>
TileFn by_precision() {
  if constexpr (sizeof(T) == 4)
    return unary<T, Fast>;
  else
    return unary<T, Wide>;
}
template <class T>
TileFn find_for(const TileOp& op) {
  switch (op.op) {
    case ASG_EW_NEG:
      return unary<T, Neg>;
    case ASG_EW_ABS:
      return unary<T, Abs>;
    case ASG_EW_SIGN:
      return unary<T, Sign>;
    case ASG_EW_FLOOR:
      return unary<T, Floor>;
    case ASG_EW_CEIL:
      return unary<T, Ceil>;
    case ASG_EW_ROUND:
      return unary<T, Round>;
    case ASG_EW_EXP:
      return by_precision<T, Float32<float32::exp>, Exp>();
    case ASG_EW_LOG:
      return by_precision<T, Float32<float32::log>, Log>();
    case ASG_EW_SQRT:
      return unary<T, Sqrt>;
    case ASG_EW_RSQRT:
      return unary<T, Rsqrt>;
    case ASG_EW_SIN:
      return by_precision<T, Periodic<FastSin, ScalarSin>, Library<ScalarSin>>();
    case ASG_EW_COS:
      return by_precision<T, Periodic<FastCos, ScalarCos>, Library<ScalarCos>>();
    case ASG_EW_TANH:
      return by_precision<T, Float32<float32::tanh>, Library<ScalarTanh>>();
    case ASG_EW_ERF:
      return by_precision<T, Float32<float32::erf>, Library<ScalarErf>>();
    case ASG_EW_EXPM1:
      return by_precision<T, Float32<float32::expm1>, Library<ScalarExpm1>>();
    case ASG_EW_LOG1P:
      return by_precision<T, Float32<float32::log1p>, Library<ScalarLog1p>>();
    case ASG_EW_ADD:
      return binary_for<T, Add>(op.uniform);
    case ASG_EW_SUB:
      return binary_for<T, Sub>(op.uniform);
    case ASG_EW_MUL:
      return binary_for<T, Mul>(op.uniform);
    case ASG_EW_DIV:
      return binary_for<T, Div>(op.uniform);
    case ASG_EW_MAX:
      return binary_for<T, Max>(op.uniform);
    case ASG_EW_MIN:
      return binary_for<T, Min>(op.uniform);
    case mul_add:
      return product_for<T, MulThenAdd>(op.uniform);
    case mul_sub:
      return product_for<T, MulThenSub>(op.uniform);
    case sub_mul:
      return product_for<T, SubMul>(op.uniform);
    case mul_mul:
      return product_for<T, MulThenMul>(op.uniform);
    default:
      return nullptr;
  }
}

TileFn find_float(const TileOp& op) {
  if (op.dtype == ASG_F32) return find_for<float>(op);
  if (op.dtype == ASG_F64) return find_for<double>(op);
  return nullptr;
}

const char* target_name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {

HWY_EXPORT(find_float);
HWY_EXPORT(target_name);
TileFn find_float_fn(const TileOp& op) { return HWY_DYNAMIC_DISPATCH(find_float)(op); }
const char* simd_name() { return HWY_DYNAMIC_DISPATCH(target_name)(); }

}  // namespace asg::cpu
#endif
