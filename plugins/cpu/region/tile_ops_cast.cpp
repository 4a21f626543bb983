// CAST and BITCAST, compiled once for each instruction set.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "region/tile_ops.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "region/tile_ops_cast.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "region/plain_loops-inl.hpp"

#include <asg/sdk/backend.h>
#include <asg/sdk/program.hpp>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

struct Truth {};  // BOOL as a destination: any number but zero is true

template <class To>
struct Convert {
  // A number outside the integer type gives its nearest end, NaN gives 0.
  template <class From>
  static HWY_INLINE To run(From x) {
    if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
      constexpr int digits = std::numeric_limits<To>::digits;
      constexpr From end = static_cast<From>(uint64_t{1} << (digits - 1)) * From{2};
      constexpr From begin = std::is_signed_v<To> ? -end : From{0};
      const bool low = !(x > begin), high = x >= end;
      const To inside = static_cast<To>(low || high ? From{0} : x);
      const To outside = high     ? std::numeric_limits<To>::max()
                         : x != x ? To{0}
                                  : std::numeric_limits<To>::min();
      return low || high ? outside : inside;
    } else {
      return static_cast<To>(x);
    }
  }
};
template <>
struct Convert<Truth> {
  template <class From>
  static HWY_INLINE uint8_t run(From x) {
    return x != From{0};
  }
};

template <class To, class From>
TileFn cast_loop() {
  using R = std::conditional_t<std::is_same_v<To, Truth>, uint8_t, To>;
  return plain_unary<R, From, Convert<To>>;
}

template <class To>
TileFn find_cast_to(uint32_t source) {
  switch (source) {
    case ASG_F32:
      return cast_loop<To, float>();
    case ASG_F64:
      return cast_loop<To, double>();
    case ASG_I8:
      return cast_loop<To, int8_t>();
    case ASG_I32:
      return cast_loop<To, int32_t>();
    case ASG_I64:
      return cast_loop<To, int64_t>();
    case ASG_U32:
      return cast_loop<To, uint32_t>();
    case ASG_U8:
    case ASG_BOOL:
      return cast_loop<To, uint8_t>();
    default:
      return nullptr;
  }
}

template <class U>
void copy_bits(void* dst, const void* a, const void*, const void*, int64_t n) {
  std::memmove(dst, a, static_cast<size_t>(n) * sizeof(U));
}

TileFn find_cast(const TileOp& op) {
  if (op.op == ASG_EW_BITCAST) {
    const uint32_t size = sdk::dtype_size(op.dtype);
    // Arbitrary bits are no BOOL.
    if (op.dtype == ASG_BOOL || size != sdk::dtype_size(op.source)) return nullptr;
    return size == 8   ? copy_bits<uint64_t>
           : size == 4 ? copy_bits<uint32_t>
           : size == 1 ? copy_bits<uint8_t>
                       : nullptr;
  }
  if (op.op != ASG_EW_CAST) return nullptr;
  switch (op.dtype) {
    case ASG_F32:
      return find_cast_to<float>(op.source);
    case ASG_F64:
      return find_cast_to<double>(op.source);
    case ASG_I8:
      return find_cast_to<int8_t>(op.source);
    case ASG_U8:
      return find_cast_to<uint8_t>(op.source);
    case ASG_I32:
      return find_cast_to<int32_t>(op.source);
    case ASG_I64:
      return find_cast_to<int64_t>(op.source);
    case ASG_U32:
      return find_cast_to<uint32_t>(op.source);
    case ASG_BOOL:
      return find_cast_to<Truth>(op.source);
    default:
      return nullptr;
  }
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(find_cast);
TileFn find_cast_fn(const TileOp& op) { return HWY_DYNAMIC_DISPATCH(find_cast)(op); }
}  // namespace asg::cpu
#endif
