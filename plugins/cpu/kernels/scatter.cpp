// SCATTER: x, indices, updates -> y.  Every element of y is the business of one thread, which
// meets its updates in row-major order: the result does not depend on the number of threads.
#include <cstring>

#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "loop.hpp"

namespace asg::cpu {

namespace {

using ScatterMode = sdk::ScatterForm::Mode;

struct Scatter {
  Scatter(const sdk::ProgramCopy& program, const asg_step& step, Context& device);
  void run(const sdk::Call& call) const;

  Context& context;
  Loop<2> whole;   // all of y: offsets in y, x
  Loop<3> outer;   // b, p: offsets in y, indices, updates
  Loop<2> places;  // i: offsets in indices, updates
  Loop<2> row;     // q: offsets in y, updates
  int64_t axis_stride = 0;
  sdk::ScatterForm form;
};

Scatter::Scatter(const sdk::ProgramCopy& program, const asg_step& step, Context& device)
    : context(device), form(program, step) {
  const asg_value &x = program.input(step, 0), &indices = program.input(step, 1);
  const asg_value &updates = program.input(step, 2), &y = program.output(step, 0);
  axis_stride = y.strides[form.axis];
  for (uint32_t d = 0; d < y.rank; ++d) whole.add(y.shape[d], {y.strides[d], x.strides[d]});
  for (uint32_t d = 0; d < form.axis; ++d)
    outer.add(y.shape[d],
              {y.strides[d], d < form.batch_dims ? indices.strides[d] : 0, updates.strides[d]});
  for (uint32_t d = form.batch_dims; d < indices.rank; ++d)
    places.add(indices.shape[d],
               {indices.strides[d], updates.strides[form.axis + d - form.batch_dims]});
  for (uint32_t d = form.axis + 1; d < y.rank; ++d)
    row.add(y.shape[d], {y.strides[d], updates.strides[d - 1 + indices.rank - form.batch_dims]});
}

template <ScatterMode mode, class T>
T combine(T old, T update) {
  if constexpr (mode == ScatterMode::add) return add(old, update);
  if constexpr (mode == ScatterMode::max) return maximum(old, update);
  if constexpr (mode == ScatterMode::min) return minimum(old, update);
  return update;
}

/// Single elements of one (b, p), to places [low, high) of the axis.
template <ScatterMode mode, class T, class I>
void apply_elements(const Scatter& step, const I* indices, const T* updates, T* y, int64_t low,
                    int64_t high) {
  const int64_t along = step.places.inner_stride(0), from = step.places.inner_stride(1);
  step.places.for_each_run(0, step.places.count(),
                           [&](const std::array<int64_t, 2>& at, int64_t n) {
                             for (int64_t k = 0; k < n; ++k) {
                               const auto index = static_cast<int64_t>(indices[at[0] + k * along]);
                               step.form.check_index("scatter", index);
                               if (index < low || index >= high) continue;
                               T& to = y[index * step.axis_stride];
                               to = combine<mode>(to, updates[at[1] + k * from]);
                             }
                           });
}

/// Updates of one (b, p): those elements [begin, end) of a row, of rows [low, high) of the axis.
template <ScatterMode mode, class T, class I>
void apply(const Scatter& step, const I* indices, const T* updates, T* y, int64_t begin,
           int64_t end, int64_t low, int64_t high) {
  if (step.row.count() == 1) return apply_elements<mode>(step, indices, updates, y, low, high);
  const int64_t to_stride = step.row.inner_stride(0), from_stride = step.row.inner_stride(1);
  const bool dense = to_stride == 1 && from_stride == 1;
  step.places.for_each(0, step.places.count(), [&](const std::array<int64_t, 2>& at) {
    const auto index = static_cast<int64_t>(indices[at[0]]);
    step.form.check_index("scatter", index);
    if (index < low || index >= high) return;
    step.row.for_each_run(begin, end, [&](const std::array<int64_t, 2>& offset, int64_t n) {
      T* to = y + index * step.axis_stride + offset[0];
      const T* from = updates + at[1] + offset[1];
      if (dense) {
        for (int64_t k = 0; k < n; ++k) to[k] = combine<mode>(to[k], from[k]);
      } else {
        for (int64_t k = 0; k < n; ++k)
          to[k * to_stride] = combine<mode>(to[k * to_stride], from[k * from_stride]);
      }
    });
  });
}

template <ScatterMode mode, class T, class I>
void scatter(const Scatter& step, const I* indices, const T* updates, T* y) {
  const int64_t outer = step.outer.count(), width = step.row.count();
  const int64_t work = step.places.count() * (width + 4);
  const int64_t threads = step.context.pool.threads();
  // Where the (b, p) are too few for the threads, rows are cut; where rows are short, the axis.
  int64_t columns = 1, segments = 1;
  if (outer < threads * 2 && outer * work > min_parallel_work) {
    if (width >= 64)
      columns = std::min(width / 32, threads * 4);
    else
      segments = std::min(step.form.extent, threads);
  }
  const int64_t parts = columns * segments;
  step.context.share_items(outer * parts, work / parts, [&](int64_t task, uint32_t) {
    const int64_t column = task % parts / segments, segment = task % segments;
    step.outer.for_each(task / parts, task / parts + 1, [&](const std::array<int64_t, 3>& at) {
      apply<mode>(step, indices + at[1], updates + at[2], y + at[0], width * column / columns,
                  width * (column + 1) / columns, step.form.extent * segment / segments,
                  step.form.extent * (segment + 1) / segments);
    });
  });
}

template <class T>
void copy_all(const Scatter& step, const T* x, T* y) {
  bool identical = x == y;
  for (uint32_t d = 0; d < step.whole.rank(); ++d)
    identical &= step.whole.stride(d, 0) == step.whole.stride(d, 1);
  if (identical) return;
  const int64_t count = step.whole.count();
  step.context.share(count, 1, [&](int64_t begin, int64_t end, uint32_t) {
    const int64_t to = step.whole.inner_stride(0), from = step.whole.inner_stride(1);
    step.whole.for_each_run(begin, end, [&](const std::array<int64_t, 2>& at, int64_t n) {
      if (to == 1 && from == 1)
        std::memcpy(y + at[0], x + at[1], static_cast<std::size_t>(n) * sizeof(T));
      else
        for (int64_t k = 0; k < n; ++k) y[at[0] + k * to] = x[at[1] + k * from];
    });
  });
}

template <class T, class I>
void run_scatter(const Scatter& step, const T* x, const I* indices, const T* updates, T* y) {
  copy_all(step, x, y);
  switch (step.form.mode) {
    case ScatterMode::set:
      return scatter<ScatterMode::set>(step, indices, updates, y);
    case ScatterMode::add:
      return scatter<ScatterMode::add>(step, indices, updates, y);
    case ScatterMode::max:
      return scatter<ScatterMode::max>(step, indices, updates, y);
    case ScatterMode::min:
      return scatter<ScatterMode::min>(step, indices, updates, y);
  }
}

void Scatter::run(const sdk::Call& call) const {
  if (whole.count() == 0 && row.count() == 0) return;
  const sdk::Tensor at = call.input(1);
  dispatch(call.output(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *x = call.input(0).as<T>(), *updates = call.input(2).as<T>();
    T* y = call.output(0).as<T>();
    if (at.dtype() == ASG_I32)
      run_scatter(*this, x, at.as<const int32_t>(), updates, y);
    else
      run_scatter(*this, x, at.as<const int64_t>(), updates, y);
  });
}

}  // namespace

sdk::Kernel make_scatter(Context* context) {
  return {rows_per_dtype(ASG_OP_SCATTER, computed_dtypes, {same, index_dtypes, same, same}),
          prepare<Scatter>(context)};
}

}  // namespace asg::cpu
