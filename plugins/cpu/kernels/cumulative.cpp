// CUMULATIVE: x -> y, the running sum, product or maximum along an axis.
#include <string_view>

#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "kernels/lines.hpp"

namespace asg::cpu {

namespace {

struct Plan {
  Lines<2> lines;  // offsets in x, y; a reversed walk starts at the far end
  int64_t start_x = 0, start_y = 0;
  bool exclusive = false;
  enum class Mode { sum, prod, max } mode = Mode::sum;
};

Plan make_plan(const sdk::ProgramCopy& program, const asg_step& step) {
  require_arity(step, 1, 1);
  const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
  const uint32_t axis = checked_axis(step, x);
  require(same_shape(x, y), "cumulative: shapes do not fit");
  const std::string_view mode = sdk::attr_string(step, "mode");
  require(mode == "sum" || mode == "prod" || mode == "max",
          "cumulative: unknown mode '" + std::string(mode) + "'");
  Plan plan;
  plan.mode = mode == "sum" ? Plan::Mode::sum : mode == "prod" ? Plan::Mode::prod : Plan::Mode::max;
  plan.exclusive = sdk::attr_int(step, "exclusive", 0) != 0;
  plan.lines.length = x.shape[axis];
  plan.lines.strides = {x.strides[axis], y.strides[axis]};
  if (sdk::attr_int(step, "reverse", 0) != 0 && plan.lines.length > 0) {
    plan.start_x = (plan.lines.length - 1) * x.strides[axis];
    plan.start_y = (plan.lines.length - 1) * y.strides[axis];
    plan.lines.strides = {-x.strides[axis], -y.strides[axis]};
  }
  for (uint32_t d = 0; d < x.rank; ++d)
    if (d != axis) plan.lines.others.add(x.shape[d], {x.strides[d], y.strides[d]});
  return plan;
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
void run_lines(const Plan& plan, const T* x, T* y, int64_t n, int64_t step_x, int64_t step_y) {
  Total<T> totals[Lines<2>::across];
  std::fill_n(totals, n, Op::template neutral<Total<T>>);
  x += plan.start_x;
  y += plan.start_y;
  for (int64_t i = 0; i < plan.lines.length; ++i) {
    for (int64_t k = 0; k < n; ++k) {
      // Read before the write: the result may stand where the operand was.
      const Total<T> next = Op::run(totals[k], static_cast<Total<T>>(x[k * step_x]));
      y[k * step_y] = static_cast<T>(plan.exclusive ? totals[k] : next);
      totals[k] = next;
    }
    x += plan.lines.strides[0];
    y += plan.lines.strides[1];
  }
}

template <class Op, class T>
void cumulate(const Plan& plan, const T* x, T* y, int64_t begin, int64_t end) {
  const auto& others = plan.lines.others;
  if (plan.lines.side_by_side()) {
    const int64_t step_x = others.inner_stride(0), step_y = others.inner_stride(1);
    others.for_each_run(begin, end, [&](const std::array<int64_t, 2>& at, int64_t count) {
      for (int64_t k = 0; k < count; k += Lines<2>::across)
        run_lines<Op>(plan, x + at[0] + k * step_x, y + at[1] + k * step_y,
                      std::min(Lines<2>::across, count - k), step_x, step_y);
    });
    return;
  }
  others.for_each(begin, end, [&](const std::array<int64_t, 2>& at) {
    run_lines<Op>(plan, x + at[0], y + at[1], 1, 0, 0);
  });
}

}  // namespace

sdk::Kernel make_cumulative(Context* context) {
  return {rows_per_dtype(ASG_OP_CUMULATIVE, number_dtypes, {same}),
          [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
            return [context, plan = make_plan(program, step)](const sdk::Call& call) {
              const int64_t count = plan.lines.others.count();
              dispatch(call.input(0).dtype(), [&](auto zero) {
                using T = decltype(zero);
                const T* x = call.input(0).as<T>();
                T* y = call.output(0).as<T>();
                context->pool.parallel(count,
                                       grain_for(count, plan.lines.length, context->pool.threads()),
                                       [&](int64_t begin, int64_t end, uint32_t) {
                                         if (plan.mode == Plan::Mode::sum)
                                           cumulate<Sum>(plan, x, y, begin, end);
                                         else if (plan.mode == Plan::Mode::prod)
                                           cumulate<Product>(plan, x, y, begin, end);
                                         else
                                           cumulate<Maximum>(plan, x, y, begin, end);
                                       });
              });
            };
          }};
}

}  // namespace asg::cpu
