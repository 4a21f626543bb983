// What the forward and the backward steps share: products of rows with a strip of the packed
// weight, and the gates' functions.  Included once for each target.
#if defined(ASG_CPU_RECURRENT_STEPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASG_CPU_RECURRENT_STEPS_INL
#undef ASG_CPU_RECURRENT_STEPS_INL
#else
#define ASG_CPU_RECURRENT_STEPS_INL
#endif

#include <algorithm>
#include <cmath>
#include <cstring>

#include <hwy/highway.h>

#include "claimed/recurrent/recurrent.hpp"
#include "claimed/simd/block_gemm-inl.hpp"
#include "region/float_functions-inl.hpp"
#include "rounding.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

using recurrent::Rows;

template <class T>
using TagOf = hn::ScalableTag<T>;
template <class T>
using VectorOf = hn::Vec<TagOf<T>>;
template <class T>
inline constexpr int64_t lanes_of = static_cast<int64_t>(hn::MaxLanes(TagOf<T>()));
template <class T>
inline constexpr int64_t strip_of = 2 * lanes_of<T>;

HWY_INLINE FloatVector tanh_of(FloatVector x) { return float32::tanh(x); }
HWY_INLINE FloatVector sigmoid_of(FloatVector x) {
  const FloatVector one = hn::Set(Floats(), 1.0f);
  return hn::Div(one, hn::Add(one, float32::exp(hn::Neg(x))));
}

template <class F>
HWY_INLINE VectorOf<double> by_lanes(VectorOf<double> x, F f) {
  const TagOf<double> d;
  HWY_ALIGN double values[lanes_of<double>];
  hn::Store(x, d, values);
  for (double& value : values) value = f(value);
  return hn::Load(d, values);
}
HWY_INLINE VectorOf<double> tanh_of(VectorOf<double> x) {
  return by_lanes(x, [](double v) { return std::tanh(v); });
}
HWY_INLINE VectorOf<double> sigmoid_of(VectorOf<double> x) {
  return by_lanes(x, [](double v) { return 1 / (1 + std::exp(-v)); });
}

/// x times the derivative of a function of the gates where it gave y.
template <class V>
HWY_INLINE V through_sigmoid(V x, V y) {
  return hn::Mul(hn::Mul(x, y), hn::Sub(hn::Set(hn::DFromV<V>(), 1), y));
}
template <class V>
HWY_INLINE V through_tanh(V x, V y) {
  return hn::Mul(x, hn::NegMulAdd(y, y, hn::Set(hn::DFromV<V>(), 1)));
}

/// The first n elements of a vector; the others are zero.
template <class T>
HWY_INLINE VectorOf<T> load(const T* from, int64_t n) {
  const TagOf<T> d;
  if (n >= lanes_of<T>) return hn::LoadU(d, from);
  HWY_ALIGN T part[lanes_of<T>] = {};
  std::memcpy(part, from, static_cast<std::size_t>(n) * sizeof(T));
  return hn::Load(d, part);
}
template <class V, class T>
HWY_INLINE void store(V x, T* to, int64_t n) {
  const TagOf<T> d;
  if (n >= lanes_of<T>) return hn::StoreU(x, d, to);
  HWY_ALIGN T part[lanes_of<T>];
  hn::Store(x, d, part);
  std::memcpy(to, part, static_cast<std::size_t>(n) * sizeof(T));
}

/// c (+)= a b for any number of rows of a, b one packed strip: an element is one chain of
/// multiply-adds in the order of the depth, so that its bits do not depend on the rows beside it.
inline void multiply_packed(int64_t rows, int64_t depth, const float* a, int64_t a_row,
                            const float* b, float* c, bool add) {
  const Tiles tiles(rows);
  for (int64_t t = 0; t < tiles.count; ++t) {
    const int64_t r = tiles.begin(t);
    multiply_rows<Apart>(tiles.begin(t + 1) - r, strip, depth, Left{a + r * a_row, a_row, 1},
                         Right{b, strip}, c + r * strip, strip, add);
  }
}
inline void multiply_packed(int64_t rows, int64_t depth, const double* a, int64_t a_row,
                            const double* b, double* c, bool add) {
  const TagOf<double> d;
  constexpr int64_t half = lanes_of<double>;
  for (int64_t r = 0; r < rows; ++r, a += a_row, c += 2 * half) {
    VectorOf<double> low = hn::Zero(d), high = low;
    for (int64_t p = 0; p < depth; ++p) {
      const VectorOf<double> factor = hn::Set(d, a[p]);
      low = hn::MulAdd(factor, hn::LoadU(d, b + p * 2 * half), low);
      high = hn::MulAdd(factor, hn::LoadU(d, b + p * 2 * half + half), high);
    }
    hn::StoreU(add ? hn::Add(hn::LoadU(d, c), low) : low, d, c);
    hn::StoreU(add ? hn::Add(hn::LoadU(d, c + half), high) : high, d, c + half);
  }
}

/// Some elements of one row of the batch at one step.
struct Part {
  int64_t row;     // of the batch
  int64_t now;     // row of [T * B, ...]
  int64_t before;  // that of the step before; below 0 for none
  int64_t column, n;
};

/// Calls visit(part, r, offset in a strip) for the vectors of a strip, row by row.
template <class T, class Visit>
HWY_INLINE void for_each_part(const Rows& rows, int64_t place, int64_t block, Visit visit) {
  const recurrent::Sizes& s = rows.sizes;
  const int64_t now = s.at(place) * s.batch;
  const int64_t before = place > 0 ? s.at(place - 1) * s.batch : -s.batch;
  for (int64_t row = rows.first; row < rows.end; ++row)
    for (int64_t offset = 0; offset < strip_of<T>; offset += lanes_of<T>) {
      const int64_t column = block * strip_of<T> + offset;
      if (column >= s.hidden) break;
      const int64_t n = std::min(lanes_of<T>, s.hidden - column);
      visit(Part{row, now + row, before + row, column, n}, row - rows.first, offset);
    }
}

/// A cell's operands: element 0 of an input or output.
template <class T>
const T* input(const Rows& rows, uint32_t place) {
  return static_cast<const T*>(rows.inputs[place]);
}
template <class T>
T* output(const Rows& rows, uint32_t place) {
  return static_cast<T*>(rows.outputs[place]);
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
