#include <algorithm>
#include <cstdint>

#include "claimed/attention/attention.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "claimed/attention/forward.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "claimed/attention/blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

// Scores of so many keys and one strip of queries stay in the first cache.
inline constexpr int64_t forward_keys = 128;

std::size_t forward_scratch(const Sizes& s) {
  const int64_t keys = std::min(forward_keys, s.keys), wide = round_to_strip(s.value_size);
  return static_cast<std::size_t>(s.size * strip + keys * strip + strip * wide + keys * wide);
}

/// One vector of queries through the running softmax.
struct Running {
  FloatVector largest, total;

  /// Scores of `keys` keys become exponentials; returns what earlier sums are to be multiplied by.
  HWY_INLINE FloatVector add(int64_t keys, float* scores) {
    const Floats d;
    FloatVector m0 = largest, m1 = largest;
    int64_t r = 0;
    for (; r + 2 <= keys; r += 2) {
      m0 = hn::Max(m0, hn::Load(d, scores + r * strip));
      m1 = hn::Max(m1, hn::Load(d, scores + (r + 1) * strip));
    }
    if (r < keys) m0 = hn::Max(m0, hn::Load(d, scores + r * strip));
    const FloatVector most = hn::Max(m0, m1);
    const FloatVector shift = shift_of(most);
    const FloatVector factor = hn::IfThenZeroElse(hn::Eq(largest, hn::Set(d, minus_infinity)),
                                                  exp_of(hn::Sub(largest, shift)));
    FloatVector s0 = hn::Zero(d), s1 = hn::Zero(d);
    for (r = 0; r + 2 <= keys; r += 2) {
      const FloatVector e0 = exp_of(hn::Sub(hn::Load(d, scores + r * strip), shift));
      const FloatVector e1 = exp_of(hn::Sub(hn::Load(d, scores + (r + 1) * strip), shift));
      hn::Store(e0, d, scores + r * strip);
      hn::Store(e1, d, scores + (r + 1) * strip);
      s0 = hn::Add(s0, e0);
      s1 = hn::Add(s1, e1);
    }
    if (r < keys) {
      const FloatVector e0 = exp_of(hn::Sub(hn::Load(d, scores + r * strip), shift));
      hn::Store(e0, d, scores + r * strip);
      s0 = hn::Add(s0, e0);
    }
    total = hn::MulAdd(total, factor, hn::Add(s0, s1));
    largest = most;
    return factor;
  }

  HWY_INLINE FloatVector lse() const { return hn::Add(float32::log(total), shift_of(largest)); }
};

inline void scale_rows(int64_t rows, int64_t columns, const float* factors, float* sums) {
  const Floats d;
  for (int64_t i = 0; i < rows; ++i) {
    const FloatVector f = hn::Set(d, factors[i]);
    for (int64_t c = 0; c < columns; c += lanes)
      hn::Store(hn::Mul(hn::Load(d, sums + i * columns + c), f), d, sums + i * columns + c);
  }
}

void forward(const Sizes& s, const attention::ForwardHead& head, int64_t query, float* scratch) {
  const Floats d;
  const int64_t n = std::min(strip, s.queries - query);
  const int64_t seen = s.causal ? std::min(s.keys, query + n) : s.keys;
  const int64_t wide = round_to_strip(s.value_size);
  float* queries = scratch;
  float* scores = queries + s.size * strip;
  float* sums = scores + std::min(forward_keys, s.keys) * strip;
  float* packed = sums + strip * wide;
  HWY_ALIGN float numbers[strip];
  turn({head.query.data + query * head.query.row, head.query.row, head.query.column}, n, s.size,
       s.scale, queries, strip);
  Running low{hn::Set(d, minus_infinity), hn::Zero(d)}, high = low;
  for (int64_t key = 0; key < seen; key += forward_keys) {
    const int64_t keys = std::min(forward_keys, seen - key);
    score_strip(s, head.key, head.mask, query, n, key, keys, queries, scores, strip);
    hn::Store(low.add(keys, scores), d, numbers);
    hn::Store(high.add(keys, scores + lanes), d, numbers + lanes);
    drop(s, head.words, query, n, key, keys, scores, strip);
    if (key > 0) scale_rows(n, wide, numbers, sums);
    const Matrix value = right(head.value, key, keys, s.value_size, packed);
    add_rows_by_scores(s, query, n, key, keys, scores, strip, value, sums, wide);
  }
  const FloatVector one = hn::Set(d, 1.0f);
  hn::Store(hn::Div(one, divisor_of(low.total)), d, numbers);
  hn::Store(hn::Div(one, divisor_of(high.total)), d, numbers + lanes);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t c = 0; c < s.value_size; ++c)
      head.y[(query + i) * head.y_row + c] = sums[i * wide + c] * numbers[i];
  hn::Store(low.lse(), d, numbers);
  hn::Store(high.lse(), d, numbers + lanes);
  for (int64_t i = 0; i < n; ++i) head.lse[(query + i) * head.lse_step] = numbers[i];
}

attention::Forward forward_fns() { return {strip, forward_scratch, forward}; }

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(forward_fns);
namespace attention {
Forward find_forward() { return HWY_DYNAMIC_DISPATCH(forward_fns)(); }
}  // namespace attention
}  // namespace asg::cpu
#endif
