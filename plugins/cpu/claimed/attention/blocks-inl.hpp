// What attention's forward and backward pass share.  Scores stand transposed, [keys][queries]: the
// queries fill the lanes, so that the softmax over the keys needs no sums across lanes and none of
// keys, values or probabilities has to be turned.  Included once for each target.
#if defined(ASG_CPU_ATTENTION_BLOCKS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASG_CPU_ATTENTION_BLOCKS_INL
#undef ASG_CPU_ATTENTION_BLOCKS_INL
#else
#define ASG_CPU_ATTENTION_BLOCKS_INL
#endif

#include <cstring>
#include <limits>

#include <hwy/highway.h>

#include "claimed/attention/attention.hpp"
#include "claimed/simd/block_gemm-inl.hpp"
#include "region/float_functions-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

using attention::Mask;
using attention::Matrix;
using attention::Sizes;
using attention::Words;

inline constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

/// exp of what is at most a little above 0.  What is far below gives 0, not denormal numbers.
HWY_INLINE FloatVector exp_of(FloatVector x) {
  const Floats d;
  const auto vanishes = hn::Lt(x, hn::Set(d, -87.0f));
#ifdef ASG_CPU_FLOAT_TABLES
  return hn::IfThenZeroElse(vanishes, float32::exp(x));
#else
  const float32::Power power =
      float32::split_exp(hn::Min(hn::IfThenZeroElse(vanishes, x), hn::Set(d, 88.0f)));
  const FloatVector scale = float32::power_of_two(power.n);
  return float32::nan_or(x, hn::IfThenZeroElse(vanishes, hn::MulAdd(scale, power.fraction, scale)));
#endif
}

/// What to subtract from scores: nothing where all of them are -inf.
HWY_INLINE FloatVector shift_of(FloatVector x) {
  const Floats d;
  return hn::IfThenZeroElse(hn::Eq(x, hn::Set(d, minus_infinity)), x);
}
/// A sum to divide by: a query that sees no key has none, and gives 0.
HWY_INLINE FloatVector divisor_of(FloatVector total) {
  const Floats d;
  return hn::IfThenElse(hn::Eq(total, hn::Zero(d)), hn::Set(d, 1.0f), total);
}

/// Rows of `from` as columns: to[p * width + i] = from(i, p) * factor, zero from row n on.
inline void turn(const Matrix& from, int64_t n, int64_t size, float factor, float* to,
                 int64_t width) {
  const Floats d;
  HWY_ALIGN float part[4 * lanes];
  const FloatVector f = hn::Set(d, factor);
  for (int64_t i = 0; i < width; i += 4) {
    int64_t p = 0;
    if (i + 4 <= n && from.column == 1) {
      const float *r0 = from.data + i * from.row, *r1 = r0 + from.row, *r2 = r1 + from.row,
                  *r3 = r2 + from.row;
      for (; p + lanes <= size; p += lanes) {
        hn::StoreInterleaved4(hn::Mul(f, hn::LoadU(d, r0 + p)), hn::Mul(f, hn::LoadU(d, r1 + p)),
                              hn::Mul(f, hn::LoadU(d, r2 + p)), hn::Mul(f, hn::LoadU(d, r3 + p)), d,
                              part);
        for (int64_t q = 0; q < lanes; ++q)
          std::memcpy(to + (p + q) * width + i, part + q * 4, 4 * sizeof(float));
      }
    }
    for (; p < size; ++p)
      for (int64_t k = i; k < std::min(i + 4, width); ++k)
        to[p * width + k] = k < n ? from.data[k * from.row + p * from.column] * factor : 0.0f;
  }
}

/// Rows of `from` times a factor, padded with zeros to `height` rows of `width`.
inline void copy_rows(const Matrix& from, int64_t n, int64_t size, float factor, float* to,
                      int64_t width, int64_t height) {
  for (int64_t i = 0; i < n; ++i) {
    const float* row = from.data + i * from.row;
    if (from.column == 1)
      for (int64_t c = 0; c < size; ++c) to[i * width + c] = row[c] * factor;
    else
      for (int64_t c = 0; c < size; ++c) to[i * width + c] = row[c * from.column] * factor;
    for (int64_t c = size; c < width; ++c) to[i * width + c] = 0;
  }
  std::fill(to + n * width, to + height * width, 0.0f);
}

/// True when rows can be the right operand of a product as they are.
inline bool fills_strips(const Matrix& m, int64_t size) {
  return m.column == 1 && size % strip == 0;
}
/// The right operand made of `n` rows from `first` on: where it is, or copied to `to`.
inline Matrix right(const Matrix& m, int64_t first, int64_t n, int64_t size, float* to) {
  const Matrix rows{m.data + first * m.row, m.row, m.column};
  if (fills_strips(m, size)) return rows;
  const int64_t width = round_to_strip(size);
  copy_rows(rows, n, size, 1, to, width, n);
  return {to, width, 1};
}

/// -inf where the key comes after the query: one strip of queries from `query` on, keys from `key`.
inline void hide_future(int64_t query, int64_t key, int64_t keys, float* scores, int64_t width) {
  const Floats d;
  const FloatVector hidden = hn::Set(d, minus_infinity);
  for (int64_t r = std::max<int64_t>(0, query - key + 1); r < keys; ++r) {
    float* row = scores + r * width;
    const int64_t cut = key + r - query;
    for (int64_t at = 0; at < strip; at += lanes) {
      const auto late = hn::FirstN(d, static_cast<size_t>(std::clamp<int64_t>(cut - at, 0, lanes)));
      hn::StoreU(hn::IfThenElse(late, hidden, hn::LoadU(d, row + at)), d, row + at);
    }
  }
}

/// Applies a mask to n queries of a strip.
inline void apply_mask(const Mask& mask, int64_t query, int64_t n, int64_t key, int64_t keys,
                       float* scores, int64_t width) {
  const int64_t start = query * mask.row + key * mask.column;
  if (mask.kind == Mask::Kind::scores) {
    const float* at = static_cast<const float*>(mask.data) + start;
    for (int64_t r = 0; r < keys; ++r)
      for (int64_t i = 0; i < n; ++i) scores[r * width + i] += at[i * mask.row + r * mask.column];
  } else if (mask.kind == Mask::Kind::flags) {
    const uint8_t* at = static_cast<const uint8_t*>(mask.data) + start;
    for (int64_t r = 0; r < keys; ++r)
      for (int64_t i = 0; i < n; ++i)
        if (at[i * mask.row + r * mask.column] == 0) scores[r * width + i] = minus_infinity;
  }
}

/// Drops weights, or their cotangents, of n queries of a strip.
inline void drop(const Sizes& s, const Words& words, int64_t query, int64_t n, int64_t key,
                 int64_t keys, float* weights, int64_t width) {
  if (!s.dropout.on) return;
  constexpr int64_t most = 128;
  uint32_t drawn[most];
  for (int64_t i = 0; i < n; ++i)
    for (int64_t first = 0; first < keys; first += most) {
      const int64_t count = std::min(most, keys - first);
      fill_random(drawn, words.random, words.first + (query + i) * s.keys + key + first, 1, count);
      float* weight = weights + first * width + i;
      for (int64_t r = 0; r < count; ++r)
        weight[r * width] =
            drawn[r] < s.dropout.threshold ? 0.0f : weight[r * width] * s.dropout.factor;
    }
}

/// scores = rows [first, first + n) of m times one strip of turned rows.
inline void multiply_strip(int64_t n, int64_t size, const Matrix& m, int64_t first,
                           const float* turned, float* scores, int64_t width) {
  const Tiles tiles(n);
  for (int64_t t = 0; t < tiles.count; ++t) {
    const int64_t r = tiles.begin(t);
    multiply_rows<Apart>(tiles.begin(t + 1) - r, strip, size,
                         Left{m.data + (first + r) * m.row, m.row, m.column}, Right{turned, width},
                         scores + r * width, width, false);
  }
}

/// Scores of one strip of queries, turned and scaled in `queries`, for keys [key, key + keys).
inline void score_strip(const Sizes& s, const Matrix& key_rows, const Mask& mask, int64_t query,
                        int64_t n, int64_t key, int64_t keys, const float* queries, float* scores,
                        int64_t width) {
  multiply_strip(keys, s.size, key_rows, key, queries, scores, width);
  if (mask.kind != Mask::Kind::none) apply_mask(mask, query, n, key, keys, scores, width);
  if (s.causal) hide_future(query, key, keys, scores, width);
}

/// Adds to the sums of n queries the rows of a block of keys that they see, times their scores; the
/// first block begins the sums.
inline void add_rows_by_scores(const Sizes& s, int64_t query, int64_t n, int64_t key, int64_t keys,
                               const float* scores, int64_t width, const Matrix& rows, float* sums,
                               int64_t wide) {
  const Tiles tiles(n);
  for (int64_t t = 0; t < tiles.count; ++t) {
    const int64_t i = tiles.begin(t), end = tiles.begin(t + 1);
    const int64_t depth = s.causal ? std::min(keys, query + end - key) : keys;
    if (depth > 0)
      multiply_rows<Together>(end - i, wide, depth, Left{scores + i, 1, width},
                              Right{rows.data, rows.row}, sums + i * wide, wide, key > 0);
  }
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
