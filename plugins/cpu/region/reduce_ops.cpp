// Pieces of the fixed reduction tree, compiled once for each instruction set.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "region/tile_ops.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "region/reduce_ops.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "region/plain_loops-inl.hpp"
#include "region/simd_loops-inl.hpp"

#include <asg/sdk/backend.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

// The scalar forms of the reductions; on floats they agree with Add, Mul, Max and Min bit by bit.
struct Sum {
  static constexpr bool chooses = false;
  using Vector = Add;
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
      return a + b;
    else
      return static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) +
                            static_cast<std::make_unsigned_t<T>>(b));
  }
  template <class T>
  static constexpr T neutral = 0;
};
struct Product {
  static constexpr bool chooses = false;
  using Vector = Mul;
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return a * b;
    } else {
      using Wide = std::conditional_t<(sizeof(T) < 4), uint32_t, std::make_unsigned_t<T>>;
      return static_cast<T>(static_cast<Wide>(a) * static_cast<Wide>(b));
    }
  }
  template <class T>
  static constexpr T neutral = 1;
};
struct Maximum {
  static constexpr bool chooses = true;
  using Vector = Max;
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return ((b > a) | (b != b)) ? b : a;
  }
  template <class T>
  static constexpr T neutral = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::lowest();
};
struct Minimum {
  static constexpr bool chooses = true;
  using Vector = Min;
  template <class T>
  static HWY_INLINE T run(T a, T b) {
    return ((b < a) | (b != b)) ? b : a;
  }
  template <class T>
  static constexpr T neutral = std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::max();
};
// On BOOL: any is max, all is min.
struct Any {
  static HWY_INLINE uint8_t run(uint8_t a, uint8_t b) { return a | b; }
  template <class T>
  static constexpr T neutral = 0;
};
struct All {
  static HWY_INLINE uint8_t run(uint8_t a, uint8_t b) { return a & b; }
  template <class T>
  static constexpr T neutral = 1;
};

template <class T, class Op>
void fill_neutral(void* dst, int64_t n) {
  std::fill_n(static_cast<T*>(dst), n, Op::template neutral<T>);
}

template <class T, class Op>
constexpr TileFn combine_fn() {
  if constexpr (std::is_floating_point_v<T>)
    return binary<T, typename Op::Vector, false, false>;
  else
    return plain_binary<T, T, Op>;
}

/// The points [0, n - n % 16) in lanes; the lanes are in registers meanwhile.
template <class T, class Op>
HWY_INLINE int64_t accumulate_whole(T* lanes, const T* x, int64_t n) {
  const int64_t whole = n - n % lane_count;
  if constexpr (std::is_floating_point_v<T>) {
    const hn::CappedTag<T, lane_count> d;
    constexpr size_t width = hn::MaxLanes(d), parts = lane_count / width;
    using V = hn::Vec<decltype(d)>;
    V sums[parts];
    for (size_t k = 0; k < parts; ++k) sums[k] = hn::LoadU(d, lanes + k * width);
    int64_t i = 0;
    if constexpr (Op::chooses) {
      // Which of equal points comes first is known without going through them one after the other:
      // four parts are walked side by side, and what they give is joined in order.
      constexpr int64_t ways = 4;
      const int64_t quarter = whole / ways - whole / ways % lane_count;
      V best[ways][parts];
      for (auto& way : best)
        for (V& v : way) v = hn::Set(d, Op::template neutral<T>);
      for (; i < quarter; i += lane_count)
        for (int64_t w = 0; w < ways; ++w)
          for (size_t k = 0; k < parts; ++k)
            best[w][k] =
                Op::Vector::run(d, best[w][k], hn::LoadU(d, x + w * quarter + i + k * width));
      for (const auto& way : best)
        for (size_t k = 0; k < parts; ++k) sums[k] = Op::Vector::run(d, sums[k], way[k]);
      i *= ways;
    }
    for (; i < whole; i += lane_count)
      for (size_t k = 0; k < parts; ++k)
        sums[k] = Op::Vector::run(d, sums[k], hn::LoadU(d, x + i + k * width));
    for (size_t k = 0; k < parts; ++k) hn::StoreU(sums[k], d, lanes + k * width);
  } else {
    T sums[lane_count];
    for (int64_t k = 0; k < lane_count; ++k) sums[k] = lanes[k];
    for (int64_t i = 0; i < whole; i += lane_count)
      for (int64_t k = 0; k < lane_count; ++k) sums[k] = Op::run(sums[k], x[i + k]);
    for (int64_t k = 0; k < lane_count; ++k) lanes[k] = sums[k];
  }
  return whole;
}

template <class T, class Op>
void accumulate(void* lanes, const void* x, int64_t n) {
  T* to = static_cast<T*>(lanes);
  const T* from = static_cast<const T*>(x);
  const int64_t whole = accumulate_whole<T, Op>(to, from, n);
  for (int64_t i = whole; i < n; ++i) to[i - whole] = Op::run(to[i - whole], from[i]);
}

template <class T, class Op>
void fold(void* lanes, int64_t width, int64_t used) {
  T* at = static_cast<T*>(lanes);
  for (int64_t h = lane_count / 2; h > 0; h /= 2)
    for (int64_t i = 0; i < h && i + h < used; ++i)
      combine_fn<T, Op>()(at + i * width, at + i * width, at + (i + h) * width, nullptr, width);
}

/// lanes[i] = op(lanes[i], lanes[i + half]) for i < half.
template <int64_t half, class T, class Op>
HWY_INLINE void fold_half(T* lanes) {
  if constexpr (std::is_floating_point_v<T>) {
    const hn::CappedTag<T, half> d;
    for (int64_t i = 0; i < half; i += static_cast<int64_t>(hn::MaxLanes(d)))
      hn::StoreU(Op::Vector::run(d, hn::LoadU(d, lanes + i), hn::LoadU(d, lanes + half + i)), d,
                 lanes + i);
  } else {
    for (int64_t i = 0; i < half; ++i) lanes[i] = Op::run(lanes[i], lanes[i + half]);
  }
}

template <class T, class Op>
void rows(void* result, const void* x, int64_t rows, int64_t n) {
  T* to = static_cast<T*>(result);
  const T* from = static_cast<const T*>(x);
  for (int64_t r = 0; r < rows; ++r, from += n) {
    HWY_ALIGN T lanes[lane_count];
    for (T& lane : lanes) lane = Op::template neutral<T>;
    accumulate<T, Op>(lanes, from, n);
    fold_half<8, T, Op>(lanes);
    fold_half<4, T, Op>(lanes);
    fold_half<2, T, Op>(lanes);
    fold_half<1, T, Op>(lanes);
    to[r] = lanes[0];
  }
}

template <class T, class Op>
const ReduceFns* fns() {
  static constexpr ReduceFns result{fill_neutral<T, Op>, accumulate<T, Op>, fold<T, Op>,
                                    combine_fn<T, Op>(), rows<T, Op>};
  return &result;
}

template <class T>
const ReduceFns* find_for_number(uint32_t kind) {
  switch (kind) {
    case ASG_REDUCE_SUM:
      return fns<T, Sum>();
    case ASG_REDUCE_PROD:
      return fns<T, Product>();
    case ASG_REDUCE_MAX:
      return fns<T, Maximum>();
    case ASG_REDUCE_MIN:
      return fns<T, Minimum>();
    default:
      return nullptr;
  }
}

const ReduceFns* find_reduce(uint32_t kind, uint32_t dtype) {
  switch (dtype) {
    case ASG_F32:
      return find_for_number<float>(kind);
    case ASG_F64:
      return find_for_number<double>(kind);
    case ASG_I8:
      return find_for_number<int8_t>(kind);
    case ASG_U8:
      return find_for_number<uint8_t>(kind);
    case ASG_I32:
      return find_for_number<int32_t>(kind);
    case ASG_U32:
      return find_for_number<uint32_t>(kind);
    case ASG_I64:
      return find_for_number<int64_t>(kind);
    case ASG_BOOL:
      if (kind == ASG_REDUCE_ANY || kind == ASG_REDUCE_MAX) return fns<uint8_t, Any>();
      if (kind == ASG_REDUCE_ALL || kind == ASG_REDUCE_MIN) return fns<uint8_t, All>();
      return nullptr;
    default:
      return nullptr;
  }
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(find_reduce);
const ReduceFns* find_reduce_fns(uint32_t kind, uint32_t dtype) {
  return HWY_DYNAMIC_DISPATCH(find_reduce)(kind, dtype);
}
}  // namespace asg::cpu
#endif
