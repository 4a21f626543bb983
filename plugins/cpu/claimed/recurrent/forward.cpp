#include <cstdint>

#include <asg/sdk/composites.hpp>

#include "claimed/recurrent/recurrent.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "claimed/recurrent/forward.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "claimed/recurrent/steps-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

namespace rnn_at = sdk::composites::rnn_scan;
namespace lstm_at = sdk::composites::lstm_scan;
namespace gru_at = sdk::composites::gru_scan;

// A cell is made for some rows; its `step` takes the products of the state with each gate's weight,
// which stand `gate` elements apart, through the gates.

template <class T, bool is_tanh>
struct RnnForward {
  static constexpr int64_t gates = 1;
  explicit RnnForward(const Rows& rows)
      : hidden(rows.sizes.hidden),
        x(input<T>(rows, rnn_at::x_gates)),
        h0(input<T>(rows, rnn_at::h0)),
        y(output<T>(rows, rnn_at::y)) {}

  HWY_INLINE void step(const Part& at, const T* products, int64_t) const {
    const TagOf<T> d;
    const int64_t place = at.now * hidden + at.column;
    const auto sum = hn::Add(load(x + place, at.n), hn::Load(d, products));
    store(is_tanh ? tanh_of(sum) : hn::IfThenZeroElse(hn::Lt(sum, hn::Zero(d)), sum), y + place,
          at.n);
  }
  HWY_INLINE void finish(const Part&) const {}

  int64_t hidden;
  const T *x, *h0;
  T* y;
};

template <class T>
struct LstmForward {
  static constexpr int64_t gates = 4;
  explicit LstmForward(const Rows& rows)
      : hidden(rows.sizes.hidden),
        x(input<T>(rows, lstm_at::x_gates)),
        h0(input<T>(rows, lstm_at::h0)),
        c0(input<T>(rows, lstm_at::c0)),
        y(output<T>(rows, lstm_at::y)),
        last(output<T>(rows, lstm_at::c)),
        cells(output<T>(rows, lstm_at::cells)),
        opened(output<T>(rows, lstm_at::gates)) {}

  HWY_INLINE void step(const Part& at, const T* products, int64_t gate) const {
    const TagOf<T> d;
    const int64_t place = at.now * 4 * hidden + at.column;
    const auto sum = [&](int64_t k) {
      return hn::Add(load(x + place + k * hidden, at.n), hn::Load(d, products + k * gate));
    };
    const auto i = sigmoid_of(sum(0)), f = sigmoid_of(sum(1));
    const auto g = tanh_of(sum(2)), o = sigmoid_of(sum(3));
    const T* before = at.before < 0 ? c0 + at.row * hidden : cells + at.before * hidden;
    const auto c = hn::MulAdd(f, load(before + at.column, at.n), hn::Mul(i, g));
    store(i, opened + place, at.n);
    store(f, opened + place + hidden, at.n);
    store(g, opened + place + 2 * hidden, at.n);
    store(o, opened + place + 3 * hidden, at.n);
    store(c, cells + at.now * hidden + at.column, at.n);
    store(hn::Mul(o, tanh_of(c)), y + at.now * hidden + at.column, at.n);
  }
  HWY_INLINE void finish(const Part& at) const {
    std::memcpy(last + at.row * hidden + at.column, cells + at.now * hidden + at.column,
                static_cast<std::size_t>(at.n) * sizeof(T));
  }

  int64_t hidden;
  const T *x, *h0, *c0;
  T *y, *last, *cells, *opened;
};

template <class T>
struct GruForward {
  static constexpr int64_t gates = 3;
  explicit GruForward(const Rows& rows)
      : hidden(rows.sizes.hidden),
        x(input<T>(rows, gru_at::x_gates)),
        h0(input<T>(rows, gru_at::h0)),
        bias(rows.n_inputs > gru_at::bias_hh ? input<T>(rows, gru_at::bias_hh) : nullptr),
        y(output<T>(rows, gru_at::y)),
        opened(output<T>(rows, gru_at::gates)) {}

  HWY_INLINE void step(const Part& at, const T* products, int64_t gate) const {
    const TagOf<T> d;
    const T* from = x + at.now * 3 * hidden + at.column;
    const auto product = [&](int64_t k) {
      const auto p = hn::Load(d, products + k * gate);
      return bias == nullptr ? p : hn::Add(p, load(bias + k * hidden + at.column, at.n));
    };
    const auto r = sigmoid_of(hn::Add(load(from, at.n), product(0)));
    const auto z = sigmoid_of(hn::Add(load(from + hidden, at.n), product(1)));
    const auto p = product(2);
    const auto n = tanh_of(hn::MulAdd(r, p, load(from + 2 * hidden, at.n)));
    const T* before = at.before < 0 ? h0 + at.row * hidden : y + at.before * hidden;
    const auto h = load(before + at.column, at.n);
    T* to = opened + at.now * 4 * hidden + at.column;
    store(r, to, at.n);
    store(z, to + hidden, at.n);
    store(n, to + 2 * hidden, at.n);
    store(p, to + 3 * hidden, at.n);
    store(hn::MulAdd(z, hn::Sub(h, n), n), y + at.now * hidden + at.column, at.n);
  }
  HWY_INLINE void finish(const Part&) const {}

  int64_t hidden;
  const T *x, *h0, *bias;
  T *y, *opened;
};

/// Element (p, j) of a gate's strip is the weight of the state's element p for column j.
template <class T, int64_t gates>
void pack_forward(const recurrent::Sizes& s, const void* weight, int64_t block, void* packed) {
  const T* from = static_cast<const T*>(weight);
  T* to = static_cast<T*>(packed) + block * gates * s.hidden * strip_of<T>;
  const int64_t first = block * strip_of<T>, n = std::min(strip_of<T>, s.hidden - first);
  for (int64_t gate = 0; gate < gates; ++gate)
    for (int64_t p = 0; p < s.hidden; ++p, to += strip_of<T>)
      for (int64_t j = 0; j < strip_of<T>; ++j)
        to[j] = j < n ? from[(gate * s.hidden + first + j) * s.hidden + p] : T{0};
}

template <class T, class Cell>
void run_forward(const Rows& rows) {
  const recurrent::Sizes& s = rows.sizes;
  const Cell cell(rows);
  const T* packed = static_cast<const T*>(rows.packed);
  T* products = static_cast<T*>(rows.scratch);
  const int64_t count = rows.end - rows.first, gate = count * strip_of<T>;
  const int64_t blocks = divide_up(s.hidden, strip_of<T>), size = s.hidden * strip_of<T>;
  for (int64_t place = 0; place < s.steps; ++place) {
    const T* before = place == 0 ? cell.h0 : cell.y + s.at(place - 1) * s.batch * s.hidden;
    for (int64_t block = 0; block < blocks; ++block) {
      for (int64_t k = 0; k < Cell::gates; ++k)
        multiply_packed(count, s.hidden, before + rows.first * s.hidden, s.hidden,
                        packed + (block * Cell::gates + k) * size, products + k * gate, false);
      for_each_part<T>(rows, place, block, [&](const Part& at, int64_t r, int64_t offset) {
        cell.step(at, products + r * strip_of<T> + offset, gate);
        if (place == s.steps - 1) cell.finish(at);
      });
    }
  }
}

template <class T, class Cell>
recurrent::Loops forward_loops() {
  return {strip_of<T>, pack_forward<T, Cell::gates>, run_forward<T, Cell>};
}
template <class T>
recurrent::Loops forward_loops_of(recurrent::Cell cell) {
  switch (cell) {
    case recurrent::Cell::lstm:
      return forward_loops<T, LstmForward<T>>();
    case recurrent::Cell::gru:
      return forward_loops<T, GruForward<T>>();
    case recurrent::Cell::relu:
      return forward_loops<T, RnnForward<T, false>>();
    default:
      return forward_loops<T, RnnForward<T, true>>();
  }
}
recurrent::Loops recurrent_forward(recurrent::Cell cell, uint32_t dtype) {
  return dtype == ASG_F32 ? forward_loops_of<float>(cell) : forward_loops_of<double>(cell);
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(recurrent_forward);
namespace recurrent {
Loops find_forward(Cell cell, uint32_t dtype) {
  return HWY_DYNAMIC_DISPATCH(recurrent_forward)(cell, dtype);
}
}  // namespace recurrent
}  // namespace asg::cpu
#endif
