#include <cstdint>

#include "claimed/pooling/pooling.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "claimed/pooling/pairs.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::Mask<D> beats(D, V candidate, V champion) {
  return hn::Or(hn::Gt(candidate, champion), hn::IsNaN(candidate));
}

/// Windows two by two: their rows' largest, and where those stand.
template <class D>
struct Windows {
  HWY_INLINE Windows(D d, const float* above, const float* below) {
    hn::LoadInterleaved2(d, above, a, b);
    hn::LoadInterleaved2(d, below, c, e);
    second = beats(d, b, a);
    fourth = beats(d, e, c);
    up = hn::IfThenElse(second, b, a);
    down = hn::IfThenElse(fourth, e, c);
    lower = beats(d, down, up);
  }
  hn::Vec<D> a, b, c, e, up, down;
  hn::Mask<D> second, fourth, lower;
};

struct Largest {
  const float *above, *below;
  float* y;
  template <class D>
  HWY_INLINE void run(D d, int64_t i) const {
    const Windows<D> w(d, above + 2 * i, below + 2 * i);
    hn::StoreU(hn::IfThenElse(w.lower, w.down, w.up), d, y + i);
  }
};

struct Spread {
  const float *above, *below, *dy;
  float *dx_above, *dx_below;
  template <class D>
  HWY_INLINE void run(D d, int64_t i) const {
    const Windows<D> w(d, above + 2 * i, below + 2 * i);
    const auto all = hn::LoadU(d, dy + i);
    const auto up = hn::IfThenZeroElse(w.lower, all), down = hn::IfThenElseZero(w.lower, all);
    hn::StoreInterleaved2(hn::IfThenZeroElse(w.second, up), hn::IfThenElseZero(w.second, up), d,
                          dx_above + 2 * i);
    hn::StoreInterleaved2(hn::IfThenZeroElse(w.fourth, down), hn::IfThenElseZero(w.fourth, down), d,
                          dx_below + 2 * i);
  }
};

/// All of a row in vectors of at most `most` windows: the last vector overlaps the one before.
template <size_t most, class Row>
void for_row(const Row& row, int64_t count) {
  const hn::CappedTag<float, most> d;
  const auto n = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + n <= count; i += n) row.run(d, i);
  if (i < count) row.run(d, count - n);
}
template <class Row>
bool all_of_row(const Row& row, int64_t count) {
  if (count >= 16)
    for_row<16>(row, count);
  else if (count >= 8)
    for_row<8>(row, count);
  else if (count >= 4)
    for_row<4>(row, count);
  else
    return false;
  return true;
}

bool largest(const float* above, const float* below, int64_t count, float* y) {
  return all_of_row(Largest{above, below, y}, count);
}
bool spread(const float* above, const float* below, const float* dy, int64_t count, float* dx_above,
            float* dx_below) {
  return all_of_row(Spread{above, below, dy, dx_above, dx_below}, count);
}

pooling::Pairs pairs() { return {largest, spread}; }

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(pairs);
namespace pooling {
Pairs find_pairs() { return HWY_DYNAMIC_DISPATCH(pairs)(); }
}  // namespace pooling
}  // namespace asg::cpu
#endif
