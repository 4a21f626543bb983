// ARG_REDUCE: x -> y (I64), the position of the largest or smallest element along an axis.
#include <string_view>

#include "arithmetic.hpp"
#include "dtypes.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

void check_arg_reduce(const sdk::ProgramCopy& program, const asg_step& step) {
  const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
  const uint32_t axis = checked_axis(step, x);
  bool fits = y.rank + 1 == x.rank;
  for (uint32_t d = 0; fits && d < y.rank; ++d) fits = y.shape[d] == x.shape[d < axis ? d : d + 1];
  require(fits, "arg_reduce: shapes do not fit");
  require(x.shape[axis] > 0 || sdk::element_count(y) == 0, "arg_reduce: nothing to choose from");
  const std::string_view mode = sdk::attr_string(step, "mode");
  require(mode == "max" || mode == "min", "arg_reduce: unknown mode '" + std::string(mode) + "'");
}

template <class T>
void arg_reduce(const sdk::Call& call) {
  const sdk::Tensor x = call.input(0), y = call.output(0);
  const auto axis = static_cast<uint32_t>(sdk::attr_int(call.step, "axis"));
  const bool largest = std::string_view(sdk::attr_string(call.step, "mode")) == "max";
  for_each_point(*y.value, [&](const int64_t* point) {
    const T* line = x.as<T>() + offset_of(point, x.value->strides, axis) +
                    offset_of(point + axis, x.value->strides + axis + 1, y.rank() - axis);
    int64_t best = 0;
    for (int64_t i = 1; i < x.size(axis); ++i) {
      const T candidate = line[i * x.stride(axis)], champion = line[best * x.stride(axis)];
      if (is_nan(champion)) break;
      if (is_nan(candidate) || (largest ? candidate > champion : candidate < champion)) best = i;
    }
    y.as<int64_t>()[offset_of(point, *y.value)] = best;
  });
}

void run_arg_reduce(const sdk::Call& call) {
  dispatch(call.input(0).dtype(), [&](auto zero) { arg_reduce<decltype(zero)>(call); });
}

}  // namespace

sdk::Kernel make_arg_reduce() {
  return make_kernel(
      rows_per_dtype(ASG_OP_ARG_REDUCE, computed_dtypes, {same, ASG_DTYPE_BIT(ASG_I64)}), {1, 1},
      check_arg_reduce, run_arg_reduce);
}

}  // namespace asg::reference
