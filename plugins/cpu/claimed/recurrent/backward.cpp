#include <cstdint>

#include <asg/sdk/composites.hpp>

#include "claimed/recurrent/recurrent.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "claimed/recurrent/backward.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "claimed/recurrent/steps-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

namespace rnn_at = sdk::composites::rnn_scan_backward;
namespace lstm_at = sdk::composites::lstm_scan_backward;
namespace gru_at = sdk::composites::gru_scan_backward;

// A cell is made for some rows; its `step` takes what comes from the later step's gates back to its
// own gates, of which `sums` are what weight_hh is multiplied with.  `carry` is what goes from step
// to step beside the products.

template <class T, bool is_tanh>
struct RnnBackward {
  static constexpr int64_t gates = 1;
  explicit RnnBackward(const Rows& rows)
      : hidden(rows.sizes.hidden),
        dy(input<T>(rows, rnn_at::dy)),
        y(input<T>(rows, rnn_at::y)),
        sums(output<T>(rows, rnn_at::dx_gates)),
        dh0(output<T>(rows, rnn_at::dh0)) {}

  HWY_INLINE void begin(const Part&, T*) const {}
  HWY_INLINE void step(const Part& at, const T* products, T*) const {
    const TagOf<T> d;
    const int64_t place = at.now * hidden + at.column;
    const auto dh = hn::Add(load(dy + place, at.n), hn::Load(d, products));
    const auto out = load(y + place, at.n);
    store(is_tanh ? through_tanh(dh, out) : hn::IfThenZeroElse(hn::Le(out, hn::Zero(d)), dh),
          sums + place, at.n);
  }
  HWY_INLINE void finish(const Part& at, const T* products, const T*) const {
    store(hn::Load(TagOf<T>(), products), dh0 + at.row * hidden + at.column, at.n);
  }

  int64_t hidden;
  const T *dy, *y;
  T *sums, *dh0;
};

template <class T>
struct LstmBackward {
  static constexpr int64_t gates = 4;
  explicit LstmBackward(const Rows& rows)
      : hidden(rows.sizes.hidden),
        dy(input<T>(rows, lstm_at::dy)),
        dc(input<T>(rows, lstm_at::dc)),
        c0(input<T>(rows, lstm_at::c0)),
        cells(input<T>(rows, lstm_at::cells)),
        opened(input<T>(rows, lstm_at::gates)),
        sums(output<T>(rows, lstm_at::dx_gates)),
        dh0(output<T>(rows, lstm_at::dh0)),
        dc0(output<T>(rows, lstm_at::dc0)) {}

  HWY_INLINE void begin(const Part& at, T* carry) const {
    hn::Store(load(dc + at.row * hidden + at.column, at.n), TagOf<T>(), carry);
  }
  HWY_INLINE void step(const Part& at, const T* products, T* carry) const {
    const TagOf<T> d;
    const int64_t place = at.now * 4 * hidden + at.column;
    const auto gate = [&](int64_t k) { return load(opened + place + k * hidden, at.n); };
    const auto i = gate(0), f = gate(1), g = gate(2), o = gate(3);
    const auto out = tanh_of(load(cells + at.now * hidden + at.column, at.n));
    const T* before = at.before < 0 ? c0 + at.row * hidden : cells + at.before * hidden;
    const auto dh = hn::Add(load(dy + at.now * hidden + at.column, at.n), hn::Load(d, products));
    const auto dcell = hn::Add(hn::Load(d, carry), through_tanh(hn::Mul(dh, o), out));
    T* to = sums + place;
    store(through_sigmoid(hn::Mul(dcell, g), i), to, at.n);
    store(through_sigmoid(hn::Mul(dcell, load(before + at.column, at.n)), f), to + hidden, at.n);
    store(through_tanh(hn::Mul(dcell, i), g), to + 2 * hidden, at.n);
    store(through_sigmoid(hn::Mul(dh, out), o), to + 3 * hidden, at.n);
    hn::Store(hn::Mul(dcell, f), d, carry);
  }
  HWY_INLINE void finish(const Part& at, const T* products, const T* carry) const {
    const TagOf<T> d;
    store(hn::Load(d, products), dh0 + at.row * hidden + at.column, at.n);
    store(hn::Load(d, carry), dc0 + at.row * hidden + at.column, at.n);
  }

  int64_t hidden;
  const T *dy, *dc, *c0, *cells, *opened;
  T *sums, *dh0, *dc0;
};

template <class T>
struct GruBackward {
  static constexpr int64_t gates = 3;
  explicit GruBackward(const Rows& rows)
      : hidden(rows.sizes.hidden),
        dy(input<T>(rows, gru_at::dy)),
        h0(input<T>(rows, gru_at::h0)),
        y(input<T>(rows, gru_at::y)),
        opened(input<T>(rows, gru_at::gates)),
        dx(output<T>(rows, gru_at::dx_gates)),
        sums(output<T>(rows, gru_at::dh_gates)),
        dh0(output<T>(rows, gru_at::dh0)) {}

  HWY_INLINE void begin(const Part&, T* carry) const {
    const TagOf<T> d;
    hn::Store(hn::Zero(d), d, carry);
  }
  HWY_INLINE void step(const Part& at, const T* products, T* carry) const {
    const TagOf<T> d;
    const T* from = opened + at.now * 4 * hidden + at.column;
    const auto gate = [&](int64_t k) { return load(from + k * hidden, at.n); };
    const auto r = gate(0), z = gate(1), n = gate(2), p = gate(3);
    const T* before = at.before < 0 ? h0 + at.row * hidden : y + at.before * hidden;
    const auto h = load(before + at.column, at.n);
    const auto later = hn::Add(hn::Load(d, carry), hn::Load(d, products));
    const auto dh = hn::Add(load(dy + at.now * hidden + at.column, at.n), later);
    const auto dn = through_tanh(hn::Mul(dh, hn::Sub(hn::Set(d, 1), z)), n);
    const auto dr = through_sigmoid(hn::Mul(dn, p), r);
    const auto dz = through_sigmoid(hn::Mul(dh, hn::Sub(h, n)), z);
    const int64_t place = at.now * 3 * hidden + at.column;
    for (T* to : {dx + place, sums + place}) {
      store(dr, to, at.n);
      store(dz, to + hidden, at.n);
    }
    store(dn, dx + place + 2 * hidden, at.n);
    store(hn::Mul(dn, r), sums + place + 2 * hidden, at.n);
    hn::Store(hn::Mul(dh, z), d, carry);
  }
  HWY_INLINE void finish(const Part& at, const T* products, const T* carry) const {
    const TagOf<T> d;
    store(hn::Add(hn::Load(d, products), hn::Load(d, carry)), dh0 + at.row * hidden + at.column,
          at.n);
  }

  int64_t hidden;
  const T *dy, *h0, *y, *opened;
  T *dx, *sums, *dh0;
};

/// Rows of the weight as they are, a strip of their columns.
template <class T, int64_t gates>
void pack_backward(const recurrent::Sizes& s, const void* weight, int64_t block, void* packed) {
  const int64_t first = block * strip_of<T>, n = std::min(strip_of<T>, s.hidden - first);
  const T* from = static_cast<const T*>(weight) + first;
  T* to = static_cast<T*>(packed) + block * gates * s.hidden * strip_of<T>;
  for (int64_t p = 0; p < gates * s.hidden; ++p, from += s.hidden, to += strip_of<T>) {
    std::copy_n(from, n, to);
    std::fill(to + n, to + strip_of<T>, T{0});
  }
}

template <class T, class Cell>
void run_backward(const Rows& rows) {
  const recurrent::Sizes& s = rows.sizes;
  const Cell cell(rows);
  const T* packed = static_cast<const T*>(rows.packed);
  const int64_t count = rows.end - rows.first, wide = Cell::gates * s.hidden;
  const int64_t blocks = divide_up(s.hidden, strip_of<T>), size = s.hidden * strip_of<T>;
  T* products = static_cast<T*>(rows.scratch);
  T* carry = products + count * strip_of<T>;  // [blocks][count][strip]
  const auto carried = [&](int64_t block, int64_t r, int64_t offset) {
    return carry + (block * count + r) * strip_of<T> + offset;
  };
  for (int64_t block = 0; block < blocks; ++block)
    for_each_part<T>(rows, s.steps - 1, block, [&](const Part& at, int64_t r, int64_t offset) {
      cell.begin(at, carried(block, r, offset));
    });
  for (int64_t place = s.steps; place-- >= 0;)
    for (int64_t block = 0; block < blocks; ++block) {
      if (place == s.steps - 1) std::fill_n(products, count * strip_of<T>, T{0});
      for (int64_t k = 0; place < s.steps - 1 && k < Cell::gates; ++k)
        multiply_packed(count, s.hidden,
                        cell.sums + (s.at(place + 1) * s.batch + rows.first) * wide + k * s.hidden,
                        wide, packed + (block * Cell::gates + k) * size, products, k > 0);
      // Behind the first step, which has number 0, comes the state that it began with.
      for_each_part<T>(rows, std::max<int64_t>(place, 0), block,
                       [&](const Part& at, int64_t r, int64_t offset) {
                         const T* product = products + r * strip_of<T> + offset;
                         if (place >= 0)
                           cell.step(at, product, carried(block, r, offset));
                         else
                           cell.finish(at, product, carried(block, r, offset));
                       });
    }
}

template <class T, class Cell>
recurrent::Loops backward_loops() {
  return {strip_of<T>, pack_backward<T, Cell::gates>, run_backward<T, Cell>};
}
template <class T>
recurrent::Loops backward_loops_of(recurrent::Cell cell) {
  switch (cell) {
    case recurrent::Cell::lstm:
      return backward_loops<T, LstmBackward<T>>();
    case recurrent::Cell::gru:
      return backward_loops<T, GruBackward<T>>();
    case recurrent::Cell::relu:
      return backward_loops<T, RnnBackward<T, false>>();
    default:
      return backward_loops<T, RnnBackward<T, true>>();
  }
}
recurrent::Loops recurrent_backward(recurrent::Cell cell, uint32_t dtype) {
  return dtype == ASG_F32 ? backward_loops_of<float>(cell) : backward_loops_of<double>(cell);
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(recurrent_backward);
namespace recurrent {
Loops find_backward(Cell cell, uint32_t dtype) {
  return HWY_DYNAMIC_DISPATCH(recurrent_backward)(cell, dtype);
}
}  // namespace recurrent
}  // namespace asg::cpu
#endif
