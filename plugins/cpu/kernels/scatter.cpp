// SCATTER: x, indices, updates -> y.  Every element of y is the business of one thread, which
// meets its updates in row-major order: the result does not depend on the number of threads.
#include <cstring>
#include <string_view>

#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "kernels/indexing.hpp"

namespace asg::cpu {

namespace {

enum class Mode { set, add, max, min };

struct Plan {
  Loop<2> copy;     // all of y: offsets in y, x
  Loop<3> outer;    // b, p: offsets in y, indices, updates
  Loop<2> indices;  // i: offsets in indices, updates
  Loop<2> row;      // q: offsets in y, updates
  int64_t axis_stride = 0, extent = 0;
  uint32_t axis = 0;
  Mode mode = Mode::set;
};

Plan make_plan(const sdk::ProgramCopy& program, const asg_step& step) {
  require_arity(step, 3, 1);
  const asg_value &x = program.input(step, 0), &indices = program.input(step, 1);
  const asg_value &updates = program.input(step, 2), &y = program.output(step, 0);
  require(same_shape(x, y), "scatter: x and y differ in shape");
  const Indexing form(step, x, indices, updates);
  const std::string_view mode = sdk::attr_string(step, "mode");
  require(mode == "set" || mode == "add" || mode == "max" || mode == "min",
          "scatter: unknown mode '" + std::string(mode) + "'");
  require(mode != "add" || x.dtype != ASG_BOOL, "scatter: bool has no sum");
  Plan plan;
  plan.mode = mode == "set"   ? Mode::set
              : mode == "add" ? Mode::add
              : mode == "max" ? Mode::max
                              : Mode::min;
  plan.axis = form.axis;
  plan.axis_stride = y.strides[form.axis];
  plan.extent = y.shape[form.axis];
  for (uint32_t d = 0; d < y.rank; ++d) plan.copy.add(y.shape[d], {y.strides[d], x.strides[d]});
  for (uint32_t d = 0; d < form.axis; ++d)
    plan.outer.add(y.shape[d],
                   {y.strides[d], d < form.batch ? indices.strides[d] : 0, updates.strides[d]});
  for (uint32_t d = form.batch; d < indices.rank; ++d)
    plan.indices.add(indices.shape[d],
                     {indices.strides[d], updates.strides[form.axis + d - form.batch]});
  for (uint32_t d = form.axis + 1; d < y.rank; ++d)
    plan.row.add(y.shape[d], {y.strides[d], updates.strides[d - 1 + indices.rank - form.batch]});
  return plan;
}

template <Mode mode, class T>
T combine(T old, T update) {
  if constexpr (mode == Mode::add) return add(old, update);
  if constexpr (mode == Mode::max) return maximum(old, update);
  if constexpr (mode == Mode::min) return minimum(old, update);
  return update;
}

/// Updates of one (b, p): those elements [begin, end) of a row, of rows [low, high) of the axis.
template <Mode mode, class T, class I>
void apply(const Plan& plan, const I* indices, const T* updates, T* y, int64_t begin, int64_t end,
           int64_t low, int64_t high) {
  const int64_t to_stride = plan.row.inner_stride(0), from_stride = plan.row.inner_stride(1);
  const bool dense = to_stride == 1 && from_stride == 1;
  plan.indices.for_each(0, plan.indices.count(), [&](const std::array<int64_t, 2>& at) {
    const auto index = static_cast<int64_t>(indices[at[0]]);
    check_index("scatter", index, plan.extent, plan.axis);
    if (index < low || index >= high) return;
    plan.row.for_each_run(begin, end, [&](const std::array<int64_t, 2>& offset, int64_t n) {
      T* to = y + index * plan.axis_stride + offset[0];
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

template <Mode mode, class T, class I>
void scatter(const Plan& plan, Pool& pool, const I* indices, const T* updates, T* y) {
  const int64_t outer = plan.outer.count(), width = plan.row.count();
  const int64_t work = plan.indices.count() * (width + 4);
  // Where the (b, p) are too few for the threads, rows are cut; where rows are short, the axis.
  int64_t columns = 1, segments = 1;
  if (outer < int64_t{pool.threads()} * 2 && outer * work > min_parallel_work) {
    if (width >= 64)
      columns = std::min<int64_t>(width / 32, int64_t{pool.threads()} * 4);
    else
      segments = std::min<int64_t>(plan.extent, pool.threads());
  }
  const int64_t parts = columns * segments;
  pool.parallel(outer * parts, grain_for(outer * parts, work / parts, pool.threads()),
                [&](int64_t first, int64_t last, uint32_t) {
                  for (int64_t task = first; task < last; ++task) {
                    const int64_t column = task % parts / segments, segment = task % segments;
                    plan.outer.for_each(
                        task / parts, task / parts + 1, [&](const std::array<int64_t, 3>& at) {
                          apply<mode>(plan, indices + at[1], updates + at[2], y + at[0],
                                      width * column / columns, width * (column + 1) / columns,
                                      plan.extent * segment / segments,
                                      plan.extent * (segment + 1) / segments);
                        });
                  }
                });
}

template <class T>
void copy(const Plan& plan, Pool& pool, const T* x, T* y) {
  bool identical = x == y;
  for (uint32_t d = 0; d < plan.copy.rank(); ++d)
    identical &= plan.copy.stride(d, 0) == plan.copy.stride(d, 1);
  if (identical) return;
  const int64_t count = plan.copy.count();
  pool.parallel(
      count, grain_for(count, 1, pool.threads()), [&](int64_t begin, int64_t end, uint32_t) {
        const int64_t to = plan.copy.inner_stride(0), from = plan.copy.inner_stride(1);
        plan.copy.for_each_run(begin, end, [&](const std::array<int64_t, 2>& at, int64_t n) {
          if (to == 1 && from == 1)
            std::memcpy(y + at[0], x + at[1], static_cast<std::size_t>(n) * sizeof(T));
          else
            for (int64_t k = 0; k < n; ++k) y[at[0] + k * to] = x[at[1] + k * from];
        });
      });
}

template <class T, class I>
void run(const Plan& plan, Pool& pool, const T* x, const I* indices, const T* updates, T* y) {
  copy(plan, pool, x, y);
  switch (plan.mode) {
    case Mode::set:
      return scatter<Mode::set>(plan, pool, indices, updates, y);
    case Mode::add:
      return scatter<Mode::add>(plan, pool, indices, updates, y);
    case Mode::max:
      return scatter<Mode::max>(plan, pool, indices, updates, y);
    case Mode::min:
      return scatter<Mode::min>(plan, pool, indices, updates, y);
  }
}

}  // namespace

sdk::Kernel make_scatter(Context* context) {
  return {rows_per_dtype(ASG_OP_SCATTER, computed_dtypes, {same, index_dtypes, same, same}),
          [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
            return [context, plan = make_plan(program, step)](const sdk::Call& call) {
              if (plan.copy.count() == 0 && plan.row.count() == 0) return;
              const sdk::Tensor indices = call.input(1);
              dispatch(call.output(0).dtype(), [&](auto zero) {
                using T = decltype(zero);
                const T *x = call.input(0).as<T>(), *updates = call.input(2).as<T>();
                T* y = call.output(0).as<T>();
                if (indices.dtype() == ASG_I32)
                  run(plan, context->pool, x, indices.as<const int32_t>(), updates, y);
                else
                  run(plan, context->pool, x, indices.as<const int64_t>(), updates, y);
              });
            };
          }};
}

}  // namespace asg::cpu
