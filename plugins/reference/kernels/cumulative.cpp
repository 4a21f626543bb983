// CUMULATIVE: x -> y, the running sum, product or maximum along an axis.
#include <type_traits>

#include "arithmetic.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

template <Number T, class Total, class Op>
void accumulate(const sdk::CumulativeForm& form, const sdk::Call& call, Total start, Op op) {
  const sdk::Tensor x = call.input(0), y = call.output(0);
  const Lines lines(*x.value, form.axis);
  for_each_point(lines.shape, lines.rank, [&](const int64_t* point) {
    const T* from = x.as<T>() + offset_of(point, *x.value);
    T* to = y.as<T>() + offset_of(point, *y.value);
    Total total = start;
    for (int64_t n = 0; n < lines.length; ++n) {
      const int64_t i = form.reverse ? lines.length - 1 - n : n;
      const Total next = op(total, static_cast<Total>(from[i * lines.stride]));
      to[i * y.stride(form.axis)] = static_cast<T>(form.exclusive ? total : next);
      total = next;
    }
  });
}

void run_cumulative(const sdk::CumulativeForm& form, const sdk::Call& call) {
  using Mode = sdk::CumulativeForm::Mode;
  if (call.input(0).count() == 0) return;
  dispatch(call.input(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (Number<T>) {
      // Floats accumulate in float64; what is stored is rounded, what goes on is not.
      using Total = std::conditional_t<Float<T>, double, T>;
      const auto plus = [](Total a, Total b) { return add(a, b); };
      const auto times = [](Total a, Total b) { return multiply(a, b); };
      const auto larger = [](Total a, Total b) { return maximum(a, b); };
      if (form.mode == Mode::sum)
        accumulate<T>(form, call, Total{0}, plus);
      else if (form.mode == Mode::prod)
        accumulate<T>(form, call, Total{1}, times);
      else
        accumulate<T>(form, call, lowest<Total>(), larger);
    }
  });
}

}  // namespace

sdk::Kernel make_cumulative() {
  return make_kernel(rows_per_dtype(ASG_OP_CUMULATIVE, number_dtypes, {same}), run_cumulative);
}

}  // namespace asg::reference
