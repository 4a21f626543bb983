// CUMULATIVE: x -> y, the running sum, product or maximum along an axis.
#include <string_view>
#include <type_traits>

#include "arithmetic.hpp"
#include "dtypes.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

void check_cumulative(const sdk::ProgramCopy& program, const asg_step& step) {
  const asg_value& x = program.input(step, 0);
  checked_axis(step, x);
  require(same_shape(x, program.output(step, 0)), "cumulative: shapes do not fit");
  const std::string_view mode = sdk::attr_string(step, "mode");
  require(mode == "sum" || mode == "prod" || mode == "max",
          "cumulative: unknown mode '" + std::string(mode) + "'");
}

template <Number T, class Total, class Op>
void accumulate(const sdk::Call& call, Total start, Op op) {
  const sdk::Tensor x = call.input(0), y = call.output(0);
  const auto axis = static_cast<uint32_t>(sdk::attr_int(call.step, "axis"));
  const bool exclusive = sdk::attr_int(call.step, "exclusive", 0) != 0;
  const bool reverse = sdk::attr_int(call.step, "reverse", 0) != 0;
  const Lines lines(*x.value, axis);
  for_each_point(lines.shape, lines.rank, [&](const int64_t* point) {
    const T* from = x.as<T>() + offset_of(point, *x.value);
    T* to = y.as<T>() + offset_of(point, *y.value);
    Total total = start;
    for (int64_t n = 0; n < lines.length; ++n) {
      const int64_t i = reverse ? lines.length - 1 - n : n;
      const Total next = op(total, static_cast<Total>(from[i * lines.stride]));
      to[i * y.stride(axis)] = static_cast<T>(exclusive ? total : next);
      total = next;
    }
  });
}

void run_cumulative(const sdk::Call& call) {
  if (call.input(0).count() == 0) return;
  const std::string_view mode = sdk::attr_string(call.step, "mode");
  dispatch(call.input(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (Number<T>) {
      // Floats accumulate in float64; what is stored is rounded, what goes on is not.
      using Total = std::conditional_t<Float<T>, double, T>;
      const auto plus = [](Total a, Total b) { return add(a, b); };
      const auto times = [](Total a, Total b) { return multiply(a, b); };
      const auto larger = [](Total a, Total b) { return maximum(a, b); };
      if (mode == "sum")
        accumulate<T>(call, Total{0}, plus);
      else if (mode == "prod")
        accumulate<T>(call, Total{1}, times);
      else
        accumulate<T>(call, lowest<Total>(), larger);
    }
  });
}

}  // namespace

sdk::Kernel make_cumulative() {
  return make_kernel(rows_per_dtype(ASG_OP_CUMULATIVE, number_dtypes, {same}), {1, 1},
                     check_cumulative, run_cumulative);
}

}  // namespace asg::reference
