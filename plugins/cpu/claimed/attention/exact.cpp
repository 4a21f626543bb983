#include "claimed/attention/exact.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace asg::cpu::attention {

namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

float dot(const Matrix& a, int64_t i, const Matrix& b, int64_t j, int64_t size) {
  float sum = 0;
  for (int64_t c = 0; c < size; ++c)
    sum += a.data[i * a.row + c * a.column] * b.data[j * b.row + c * b.column];
  return sum;
}

/// What a query sees: the keys, and its scores with them.
struct Seen {
  std::vector<int64_t> keys;
  std::vector<float> scores;

  void find(const Sizes& s, const Matrix& query, const Matrix& key, const Mask& mask, int64_t i) {
    keys.clear();
    scores.clear();
    for (int64_t j = 0; j < (s.causal ? std::min(s.keys, i + 1) : s.keys); ++j) {
      const int64_t at = i * mask.row + j * mask.column;
      float added = 0;
      if (mask.kind == Mask::Kind::flags && static_cast<const uint8_t*>(mask.data)[at] == 0)
        continue;
      if (mask.kind == Mask::Kind::scores) added = static_cast<const float*>(mask.data)[at];
      if (added == minus_infinity) continue;
      keys.push_back(j);
      scores.push_back(dot(query, i, key, j, s.size) * s.scale + added);
    }
  }
  /// The scores become exponentials; returns their sum.
  float exponentials(float shift) {
    float total = 0;
    for (float& score : scores) total += score = std::exp(score - shift);
    return total;
  }
};

/// What dropout multiplies the weight of a pair with.
float kept(const Sizes& s, const Words& words, int64_t i, int64_t j) {
  if (!s.dropout.on) return 1;
  uint32_t word = 0;
  fill_random(&word, words.random, words.first + i * s.keys + j, 1, 1);
  return word < s.dropout.threshold ? 0 : s.dropout.factor;
}

}  // namespace

bool all_finite(const float* rows, int64_t count, int64_t size, int64_t row) {
  for (int64_t i = 0; i < count; ++i) {
    float sum = 0;  // 0 times what is not finite is NaN
    for (int64_t c = 0; c < size; ++c) sum += rows[i * row + c] * 0.0f;
    if (sum != 0) return false;
  }
  return true;
}

void exact_forward(const Sizes& s, const ForwardHead& head, int64_t first, int64_t end) {
  Seen seen;
  for (int64_t i = first; i < end; ++i) {
    seen.find(s, head.query, head.key, head.mask, i);
    float most = minus_infinity;
    for (const float score : seen.scores)
      if (!(score <= most)) most = score;  // a NaN too: then the row is NaN whatever follows
    const float shift = most == minus_infinity ? 0 : most;
    const float total = seen.exponentials(shift);
    float* y = head.y + i * head.y_row;
    std::fill_n(y, s.value_size, 0.0f);
    for (std::size_t k = 0; k < seen.keys.size(); ++k) {
      const int64_t j = seen.keys[k];
      const float factor = kept(s, head.words, i, j), weight = seen.scores[k] * factor;
      for (int64_t c = 0; c < s.value_size && factor != 0; ++c)
        y[c] += weight * head.value.data[j * head.value.row + c * head.value.column];
    }
    for (int64_t c = 0; c < s.value_size; ++c) y[c] /= total == 0 ? 1 : total;
    head.lse[i * head.lse_step] = std::log(total) + shift;
  }
}

void exact_backward(const Sizes& s, const BackwardHead& head, int64_t first, int64_t end) {
  for (int64_t r = 0; r < s.keys; ++r) {
    std::fill_n(head.dkey + r * head.dkey_row, s.size, 0.0f);
    std::fill_n(head.dvalue + r * head.dvalue_row, s.value_size, 0.0f);
  }
  Seen seen;
  for (int64_t i = first; i < end; ++i) {
    seen.find(s, head.query, head.key, head.mask, i);
    const float lse = head.lse[i * head.lse_step], delta = head.delta[i * head.delta_step];
    const float total = seen.exponentials(lse == minus_infinity ? 0 : lse);
    float* dquery = head.dquery + i * head.dquery_row;
    std::fill_n(dquery, s.size, 0.0f);
    for (std::size_t k = 0; k < seen.keys.size(); ++k) {
      const int64_t j = seen.keys[k];
      const float p = seen.scores[k] / (total == 0 ? 1 : total);
      const float factor = kept(s, head.words, i, j);
      const float dp = factor == 0 ? 0 : dot(head.dy, i, head.value, j, s.value_size) * factor;
      const float ds = p * (dp - delta) * s.scale;
      float *dkey = head.dkey + j * head.dkey_row, *dvalue = head.dvalue + j * head.dvalue_row;
      for (int64_t c = 0; c < s.size; ++c) {
        dquery[c] += ds * head.key.data[j * head.key.row + c * head.key.column];
        dkey[c] += ds * head.query.data[i * head.query.row + c * head.query.column];
      }
      for (int64_t c = 0; c < s.value_size && factor != 0; ++c)
        dvalue[c] += p * factor * head.dy.data[i * head.dy.row + c * head.dy.column];
    }
  }
}

}  // namespace asg::cpu::attention
