// FOLD: x [..., O1..On, K1..Kn] -> y [..., S1..Sn], the sum of the windows that cover each place.
#include <algorithm>

#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "kernels/loop.hpp"

namespace asg::cpu {

namespace {

struct Axis {
  int64_t size, windows, kernel;                   // S, O, K
  int64_t stride, dilation, pad;                   // of the windows
  int64_t y_stride, window_stride, kernel_stride;  // in memory
};

struct Plan {
  Loop<2> outer;           // leading axes: offsets in y, x
  std::vector<Axis> axes;  // the n folded ones; none means one axis of one element
  int64_t rows = 0;        // of the last axis, in all of y
  int64_t work = 0;        // additions for one row
};

Plan make_plan(const sdk::ProgramCopy& program, const asg_step& step) {
  require_arity(step, 1, 1);
  const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
  const sdk::Ints strides = sdk::attr_ints(step, "strides");
  const sdk::Ints dilations = sdk::attr_ints(step, "dilations");
  const sdk::Ints pads = sdk::attr_ints(step, "pads");
  const uint32_t n = pads.size();
  require(strides.size() == n && dilations.size() == n,
          "fold: strides, dilations and pads differ in length");
  require(n <= y.rank && x.rank == y.rank + n, "fold: ranks do not fit");
  const uint32_t outer = y.rank - n;
  require(std::equal(y.shape, y.shape + outer, x.shape), "fold: shapes do not fit");
  Plan plan;
  plan.work = 1;
  for (uint32_t d = 0; d < outer; ++d) plan.outer.add(y.shape[d], {y.strides[d], x.strides[d]});
  for (uint32_t d = 0; d < n; ++d) {
    require(strides[d] > 0 && dilations[d] > 0, "fold: strides and dilations must be positive");
    plan.axes.push_back({y.shape[outer + d], x.shape[outer + d], x.shape[outer + n + d], strides[d],
                         dilations[d], pads[d], y.strides[outer + d], x.strides[outer + d],
                         x.strides[outer + n + d]});
    plan.work *= x.shape[outer + n + d];
  }
  if (n == 0) plan.axes.push_back({1, 1, 1, 1, 1, 0, 0, 0, 0});
  plan.rows = plan.outer.count();
  for (std::size_t d = 0; d + 1 < plan.axes.size(); ++d) plan.rows *= plan.axes[d].size;
  plan.work *= plan.axes.back().size;
  return plan;
}

/// Adds the windows' elements for kernel place `k` of the last axis to a row.
template <class T>
void add_last(const Axis& axis, int64_t k, const T* x, Total<T>* row) {
  const int64_t start = k * axis.dilation - axis.pad;  // place of window 0
  const int64_t first = start >= 0 ? 0 : (-start + axis.stride - 1) / axis.stride;
  const int64_t last =
      start >= axis.size
          ? 0
          : std::min(axis.windows, (axis.size - start + axis.stride - 1) / axis.stride);
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
void add_windows(const Plan& plan, const int64_t* place, std::size_t d, const T* x, Total<T>* row) {
  const Axis& axis = plan.axes[d];
  const bool is_last = d + 1 == plan.axes.size();
  for (int64_t k = 0; k < axis.kernel; ++k) {
    if (is_last) {
      add_last(axis, k, x, row);
      continue;
    }
    // o * stride + k * dilation - pad = s, solved for o.
    const int64_t ahead = place[d] + axis.pad - k * axis.dilation;
    if (ahead < 0 || ahead % axis.stride != 0 || ahead / axis.stride >= axis.windows) continue;
    add_windows(plan, place, d + 1,
                x + ahead / axis.stride * axis.window_stride + k * axis.kernel_stride, row);
  }
}

template <class T>
void fold_row(const Plan& plan, int64_t number, const T* x, T* y, Total<T>* row) {
  int64_t place[ASG_MAX_RANK] = {};
  int64_t to = 0;
  for (std::size_t d = plan.axes.size() - 1; d-- > 0; number /= plan.axes[d].size) {
    place[d] = number % plan.axes[d].size;
    to += place[d] * plan.axes[d].y_stride;
  }
  const Axis& last = plan.axes.back();
  std::fill_n(row, last.size, Total<T>{0});
  plan.outer.for_each(number, number + 1, [&](const std::array<int64_t, 2>& at) {
    add_windows(plan, place, 0, x + at[1], row);
    T* out = y + at[0] + to;
    for (int64_t s = 0; s < last.size; ++s) out[s * last.y_stride] = static_cast<T>(row[s]);
  });
}

}  // namespace

sdk::Kernel make_fold(Context* context) {
  return {rows_per_dtype(ASG_OP_FOLD, number_dtypes, {same}),
          [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
            Plan plan = make_plan(program, step);
            context->workspace.reserve(static_cast<std::size_t>(plan.axes.back().size) * 8, 0);
            return [context, plan = std::move(plan)](const sdk::Call& call) {
              if (call.output(0).count() == 0) return;
              dispatch(call.output(0).dtype(), [&](auto zero) {
                using T = decltype(zero);
                const T* x = call.input(0).as<T>();
                T* y = call.output(0).as<T>();
                context->pool.parallel(
                    plan.rows, grain_for(plan.rows, plan.work, context->pool.threads()),
                    [&](int64_t begin, int64_t end, uint32_t thread) {
                      auto* row = reinterpret_cast<Total<T>*>(context->workspace.thread(thread));
                      for (int64_t i = begin; i < end; ++i) fold_row(plan, i, x, y, row);
                    });
              });
            };
          }};
}

}  // namespace asg::cpu
