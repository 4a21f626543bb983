// FOLD: x [..., O1..On, K1..Kn] -> y [..., S1..Sn], the sum of the windows that cover each place.
#include <algorithm>

#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "loop.hpp"
#include "rounding.hpp"

namespace asg::cpu {

namespace {

struct Axis {
  int64_t size, windows, kernel;                   // S, O, K
  int64_t stride, dilation, pad;                   // of the windows
  int64_t y_stride, window_stride, kernel_stride;  // in memory
};

struct Fold {
  Fold(const sdk::ProgramCopy& program, const asg_step& step, Context& device);
  void run(const sdk::Call& call) const;

  Context& context;
  Loop<2> outer;           // leading axes: offsets in y, x
  std::vector<Axis> axes;  // the n folded ones; none means one axis of one element
  int64_t rows = 0;        // of the last axis, in all of y
  int64_t work = 0;        // additions for one row
};

Fold::Fold(const sdk::ProgramCopy& program, const asg_step& step, Context& device)
    : context(device) {
  const sdk::FoldForm form(program, step);
  const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
  const uint32_t n = form.n, leading = form.outer;
  work = 1;
  for (uint32_t d = 0; d < leading; ++d) outer.add(y.shape[d], {y.strides[d], x.strides[d]});
  for (uint32_t d = 0; d < n; ++d) {
    axes.push_back({y.shape[leading + d], x.shape[leading + d], x.shape[leading + n + d],
                    form.strides[d], form.dilations[d], form.pads[d], y.strides[leading + d],
                    x.strides[leading + d], x.strides[leading + n + d]});
    work *= x.shape[leading + n + d];
  }
  if (n == 0) axes.push_back({1, 1, 1, 1, 1, 0, 0, 0, 0});
  rows = outer.count();
  for (std::size_t d = 0; d + 1 < axes.size(); ++d) rows *= axes[d].size;
  work *= axes.back().size;
  context.workspace.reserve(static_cast<std::size_t>(axes.back().size) * 8, 0);
}

/// Adds the windows' elements for kernel place `k` of the last axis to a row.
template <class T>
void add_last(const Axis& axis, int64_t k, const T* x, Total<T>* row) {
  const int64_t start = k * axis.dilation - axis.pad;  // place of window 0
  const int64_t first = start >= 0 ? 0 : divide_up(-start, axis.stride);
  const int64_t last =
      start >= axis.size ? 0 : std::min(axis.windows, divide_up(axis.size - start, axis.stride));
  const T* from = x + k * axis.kernel_stride;
  Total<T>* to = row + start;
  if (axis.stride == 1 && axis.window_stride == 1) {
    for (int64_t o = first; o < last; ++o) to[o] = add(to[o], static_cast<Total<T>>(from[o]));
  } else {
    for (int64_t o = first; o < last; ++o)
      to[o * axis.stride] =
          add(to[o * axis.stride], static_cast<Total<T>>(from[o * axis.window_stride]));
  }
}

template <class T>
void add_windows(const Fold& fold, const int64_t* place, std::size_t d, const T* x, Total<T>* row) {
  const Axis& axis = fold.axes[d];
  const bool is_last = d + 1 == fold.axes.size();
  for (int64_t k = 0; k < axis.kernel; ++k) {
    if (is_last) {
      add_last(axis, k, x, row);
      continue;
    }
    // o * stride + k * dilation - pad = s, solved for o.
    const int64_t ahead = place[d] + axis.pad - k * axis.dilation;
    if (ahead < 0 || ahead % axis.stride != 0 || ahead / axis.stride >= axis.windows) continue;
    add_windows(fold, place, d + 1,
                x + ahead / axis.stride * axis.window_stride + k * axis.kernel_stride, row);
  }
}

template <class T>
void fold_row(const Fold& fold, int64_t number, const T* x, T* y, Total<T>* row) {
  int64_t place[ASG_MAX_RANK] = {};
  int64_t to = 0;
  for (std::size_t d = fold.axes.size() - 1; d-- > 0; number /= fold.axes[d].size) {
    place[d] = number % fold.axes[d].size;
    to += place[d] * fold.axes[d].y_stride;
  }
  const Axis& last = fold.axes.back();
  std::fill_n(row, last.size, Total<T>{0});
  const auto at = fold.outer.at(number);
  add_windows(fold, place, 0, x + at[1], row);
  T* out = y + at[0] + to;
  for (int64_t s = 0; s < last.size; ++s) out[s * last.y_stride] = static_cast<T>(row[s]);
}

void Fold::run(const sdk::Call& call) const {
  if (call.output(0).count() == 0) return;
  dispatch(call.output(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.input(0).as<T>();
    T* y = call.output(0).as<T>();
    context.share_items(rows, work, [&](int64_t number, uint32_t thread) {
      fold_row(*this, number, x, y, reinterpret_cast<Total<T>*>(context.workspace.thread(thread)));
    });
  });
}

}  // namespace

sdk::Kernel make_fold(Context* context) {
  return {rows_per_dtype(ASG_OP_FOLD, number_dtypes, {same}), prepare<Fold>(context)};
}

}  // namespace asg::cpu
