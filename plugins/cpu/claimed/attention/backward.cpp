#include <algorithm>
#include <cstdint>

#include "claimed/attention/attention.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "claimed/attention/backward.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "claimed/attention/blocks-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

// So many queries: the sums for a key, which are read and written once for each block of queries,
// then cost little.  So many keys: probabilities and their gradient stay in the second cache.
inline constexpr int64_t backward_queries = 64;
inline constexpr int64_t backward_keys = 512;

struct Scratch {
  explicit Scratch(const Sizes& s)
      : wide(round_to_strip(s.size)),
        wide_value(round_to_strip(s.value_size)),
        keys(std::min(backward_keys, s.keys)) {}
  int64_t wide, wide_value, keys;
  /// In the order in which they stand.
  int64_t turned_queries(const Sizes& s) const { return s.size * backward_queries; }
  int64_t turned_dy(const Sizes& s) const { return s.value_size * backward_queries; }
  int64_t queries() const { return backward_queries * wide; }
  int64_t dy() const { return backward_queries * wide_value; }
  int64_t dquery() const { return backward_queries * wide; }
  int64_t packed_keys() const { return keys * wide; }
  int64_t scores() const { return keys * backward_queries; }
};

std::size_t backward_scratch(const Sizes& s) {
  const Scratch o(s);
  return static_cast<std::size_t>(o.turned_queries(s) + o.turned_dy(s) + o.queries() + o.dy() +
                                  o.dquery() + o.packed_keys() + 2 * o.scores());
}

/// One block of queries against all keys that it sees.
struct Block {
  const Sizes& s;
  const attention::BackwardHead& head;
  int64_t query, n, width;  // width: n in whole strips
  float *turned_queries, *turned_dy, *queries, *dy, *dquery, *packed, *scores, *dscores;
  HWY_ALIGN float lse[backward_queries];
  HWY_ALIGN float delta[backward_queries];
  HWY_ALIGN float totals[backward_queries];  // of the exponentials; later what they are divided by

  int64_t seen() const { return s.causal ? std::min(s.keys, query + n) : s.keys; }
  /// Keys of a block that the strip at `at` sees.
  int64_t seen_by(int64_t at, int64_t key, int64_t keys) const {
    return s.causal ? std::clamp<int64_t>(query + at + strip - key, 0, keys) : keys;
  }

  void prepare() {
    const Matrix& q = head.query;
    const Matrix& g = head.dy;
    const Matrix q_rows{q.data + query * q.row, q.row, q.column};
    const Matrix dy_rows{g.data + query * g.row, g.row, g.column};
    turn(q_rows, n, s.size, s.scale, turned_queries, width);
    turn(dy_rows, n, s.value_size, 1, turned_dy, width);
    copy_rows(q_rows, n, s.size, s.scale, queries, round_to_strip(s.size), width);
    copy_rows(dy_rows, n, s.value_size, 1, dy, round_to_strip(s.value_size), width);
    for (int64_t i = 0; i < width; ++i) {
      const float x = i < n ? head.lse[(query + i) * head.lse_step] : 0.0f;
      lse[i] = x == minus_infinity ? 0.0f : x;
      delta[i] = i < n ? head.delta[(query + i) * head.delta_step] : 0.0f;
      totals[i] = 0;
    }
  }

  /// The exponentials of a block of keys; rows that a strip does not see are zero.
  void exponentials(int64_t key, int64_t keys, bool add_up) {
    const Floats d;
    for (int64_t at = 0; at < width; at += strip) {
      const int64_t rows = seen_by(at, key, keys);
      if (rows > 0)
        score_strip(s, head.key, head.mask, query + at, std::min(strip, n - at), key, rows,
                    turned_queries + at, scores + at, width);
      for (int64_t part = at; part < at + strip; part += lanes) {
        const FloatVector shift = hn::Load(d, lse + part);
        FloatVector total = hn::Zero(d);
        for (int64_t r = 0; r < rows; ++r) {
          float* score = scores + r * width + part;
          const FloatVector e = exp_of(hn::Sub(hn::Load(d, score), shift));
          hn::Store(e, d, score);
          total = hn::Add(total, e);
        }
        for (int64_t r = rows; r < keys; ++r) hn::Store(hn::Zero(d), d, scores + r * width + part);
        if (add_up) hn::Store(hn::Add(hn::Load(d, totals + part), total), d, totals + part);
      }
    }
  }

  /// Exponentials become probabilities, which are then dropped, and dscores the gradient of the
  /// scores.
  void score_gradients(int64_t key, int64_t keys) {
    const Floats d;
    for (int64_t at = 0; at < width; at += strip) {
      const int64_t rows = seen_by(at, key, keys);
      if (rows > 0)
        multiply_strip(rows, s.value_size, head.value, key, turned_dy + at, dscores + at, width);
      const int64_t queries_here = std::min(strip, n - at);
      drop(s, head.words, query + at, queries_here, key, rows, dscores + at, width);
      for (int64_t part = at; part < at + strip; part += lanes) {
        const FloatVector share = hn::Load(d, totals + part), minus = hn::Load(d, delta + part);
        for (int64_t r = 0; r < rows; ++r) {
          float *score = scores + r * width + part, *dscore = dscores + r * width + part;
          const FloatVector p = hn::Mul(hn::Load(d, score), share);
          hn::Store(p, d, score);
          hn::Store(hn::Mul(p, hn::Sub(hn::Load(d, dscore), minus)), d, dscore);
        }
        for (int64_t r = rows; r < keys; ++r) hn::Store(hn::Zero(d), d, dscores + r * width + part);
      }
      drop(s, head.words, query + at, queries_here, key, rows, scores + at, width);
    }
  }

  void add_to_keys(int64_t key, int64_t keys) const {
    const Tiles tiles(keys);
    for (int64_t t = 0; t < tiles.count; ++t) {
      const int64_t r = tiles.begin(t), rows = tiles.begin(t + 1) - r;
      const int64_t first = s.causal ? std::max<int64_t>(0, key + r - query) : 0;
      const int64_t wide = round_to_strip(s.size), wide_value = round_to_strip(s.value_size);
      multiply_rows<Apart>(rows, s.value_size, n - first,
                           Left{scores + r * width + first, width, 1},
                           Right{dy + first * wide_value, wide_value},
                           head.dvalue + (key + r) * head.dvalue_row, head.dvalue_row, true);
      multiply_rows<Apart>(rows, s.size, n - first, Left{dscores + r * width + first, width, 1},
                           Right{queries + first * wide, wide},
                           head.dkey + (key + r) * head.dkey_row, head.dkey_row, true);
    }
  }

  void add_to_queries(int64_t key, int64_t keys) const {
    const Matrix rows = right(head.key, key, keys, s.size, packed);
    add_rows_by_scores(s, query, n, key, keys, dscores, width, rows, dquery,
                       round_to_strip(s.size));
  }

  void run() {
    prepare();
    const int64_t all = seen();
    // Once more over the keys when they are too many to be kept: the sum of the exponentials makes
    // up for what the logsumexp of large scores has lost in rounding.
    const bool kept = all <= backward_keys;
    for (int64_t key = 0; key < all; key += backward_keys)
      exponentials(key, std::min(backward_keys, all - key), true);
    for (int64_t i = 0; i < width; ++i) totals[i] = totals[i] == 0 ? 1.0f : 1.0f / totals[i];
    for (int64_t key = 0; key < all; key += backward_keys) {
      const int64_t keys = std::min(backward_keys, all - key);
      if (!kept) exponentials(key, keys, false);
      score_gradients(key, keys);
      add_to_keys(key, keys);
      add_to_queries(key, keys);
    }
    const int64_t wide = round_to_strip(s.size);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t c = 0; c < s.size; ++c)
        head.dquery[(query + i) * head.dquery_row + c] = dquery[i * wide + c] * s.scale;
  }
};

void backward(const Sizes& s, const attention::BackwardHead& head, int64_t first, int64_t end,
              float* scratch) {
  for (int64_t r = 0; r < s.keys; ++r) {
    std::fill_n(head.dkey + r * head.dkey_row, s.size, 0.0f);
    std::fill_n(head.dvalue + r * head.dvalue_row, s.value_size, 0.0f);
  }
  const Scratch o(s);
  Block block{s, head, 0, 0, 0, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  block.turned_queries = scratch;
  block.turned_dy = block.turned_queries + o.turned_queries(s);
  block.queries = block.turned_dy + o.turned_dy(s);
  block.dy = block.queries + o.queries();
  block.dquery = block.dy + o.dy();
  block.packed = block.dquery + o.dquery();
  block.scores = block.packed + o.packed_keys();
  block.dscores = block.scores + o.scores();
  for (int64_t query = first; query < end; query += backward_queries) {
    block.query = query;
    block.n = std::min(backward_queries, end - query);
    block.width = round_to_strip(block.n);
    block.run();
  }
}

attention::Backward backward_fns() { return {backward_scratch, backward, backward_queries}; }

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(backward_fns);
namespace attention {
Backward find_backward() { return HWY_DYNAMIC_DISPATCH(backward_fns)(); }
}  // namespace attention
}  // namespace asg::cpu
#endif
