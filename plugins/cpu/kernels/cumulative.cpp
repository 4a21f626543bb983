// CUMULATIVE: x -> y, the running sum, product or maximum along an axis.
#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "kernels/lines.hpp"

namespace asg::cpu {

namespace {

struct Cumulative {
  Cumulative(const sdk::ProgramCopy& program, const asg_step& step, Context& device);
  void run(const sdk::Call& call) const;

  Context& context;
  Lines<2> lines;  // offsets in x, y; a reversed walk starts at the far end
  int64_t start_x = 0, start_y = 0;
  bool exclusive = false;
  using Mode = sdk::CumulativeForm::Mode;
  Mode mode = Mode::sum;
};

Cumulative::Cumulative(const sdk::ProgramCopy& program, const asg_step& step, Context& device)
    : context(device) {
  const sdk::CumulativeForm form(program, step);
  const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
  const uint32_t axis = form.axis;
  mode = form.mode;
  exclusive = form.exclusive;
  lines.length = x.shape[axis];
  lines.strides = {x.strides[axis], y.strides[axis]};
  if (form.reverse && lines.length > 0) {
    start_x = (lines.length - 1) * x.strides[axis];
    start_y = (lines.length - 1) * y.strides[axis];
    lines.strides = {-x.strides[axis], -y.strides[axis]};
  }
  for (uint32_t d = 0; d < x.rank; ++d)
    if (d != axis) lines.others.add(x.shape[d], {x.strides[d], y.strides[d]});
}

struct Sum {
  template <class V>
  static V run(V a, V b) {
    return add(a, b);
  }
  template <class V>
  static constexpr V neutral = 0;
};
struct Product {
  template <class V>
  static V run(V a, V b) {
    return multiply(a, b);
  }
  template <class V>
  static constexpr V neutral = 1;
};
struct Maximum {
  template <class V>
  static V run(V a, V b) {
    return maximum(a, b);
  }
  template <class V>
  static constexpr V neutral = lowest<V>();
};

/// `n` lines at a time, the elements of one place side by side.
template <class Op, class T>
void run_lines(const Cumulative& step, const T* x, T* y, int64_t n, int64_t step_x,
               int64_t step_y) {
  Total<T> totals[Lines<2>::across];
  std::fill_n(totals, n, Op::template neutral<Total<T>>);
  x += step.start_x;
  y += step.start_y;
  for (int64_t i = 0; i < step.lines.length; ++i) {
    for (int64_t k = 0; k < n; ++k) {
      // Read before the write: the result may stand where the operand was.
      const Total<T> next = Op::run(totals[k], static_cast<Total<T>>(x[k * step_x]));
      y[k * step_y] = static_cast<T>(step.exclusive ? totals[k] : next);
      totals[k] = next;
    }
    x += step.lines.strides[0];
    y += step.lines.strides[1];
  }
}

template <class Op, class T>
void cumulate(const Cumulative& step, const T* x, T* y, int64_t begin, int64_t end) {
  const auto& others = step.lines.others;
  if (step.lines.side_by_side()) {
    const int64_t step_x = others.inner_stride(0), step_y = others.inner_stride(1);
    others.for_each_run(begin, end, [&](const std::array<int64_t, 2>& at, int64_t count) {
      for (int64_t k = 0; k < count; k += Lines<2>::across)
        run_lines<Op>(step, x + at[0] + k * step_x, y + at[1] + k * step_y,
                      std::min(Lines<2>::across, count - k), step_x, step_y);
    });
    return;
  }
  others.for_each(begin, end, [&](const std::array<int64_t, 2>& at) {
    run_lines<Op>(step, x + at[0], y + at[1], 1, 0, 0);
  });
}

void Cumulative::run(const sdk::Call& call) const {
  const int64_t count = lines.others.count();
  dispatch(call.input(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.input(0).as<T>();
    T* y = call.output(0).as<T>();
    context.share(count, lines.length, [&](int64_t begin, int64_t end, uint32_t) {
      if (mode == Mode::sum)
        cumulate<Sum>(*this, x, y, begin, end);
      else if (mode == Mode::prod)
        cumulate<Product>(*this, x, y, begin, end);
      else
        cumulate<Maximum>(*this, x, y, begin, end);
    });
  });
}

}  // namespace

sdk::Kernel make_cumulative(Context* context) {
  return {rows_per_dtype(ASG_OP_CUMULATIVE, number_dtypes, {same}), prepare<Cumulative>(context)};
}

}  // namespace asg::cpu
