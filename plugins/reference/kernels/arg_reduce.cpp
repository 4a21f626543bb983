// ARG_REDUCE: x -> y (I64), the position of the largest or smallest element along an axis.
#include "arithmetic.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

template <class T>
void arg_reduce(const sdk::ArgReduceForm& form, const sdk::Call& call) {
  const sdk::Tensor x = call.input(0), y = call.output(0);
  const uint32_t axis = form.axis;
  for_each_point(*y.value, [&](const int64_t* point) {
    const T* line = x.as<T>() + offset_of(point, x.value->strides, axis) +
                    offset_of(point + axis, x.value->strides + axis + 1, y.rank() - axis);
    int64_t best = 0;
    for (int64_t i = 1; i < x.size(axis); ++i) {
      const T candidate = line[i * x.stride(axis)], champion = line[best * x.stride(axis)];
      if (is_nan(champion)) break;
      if (is_nan(candidate) || (form.largest ? candidate > champion : candidate < champion))
        best = i;
    }
    y.as<int64_t>()[offset_of(point, *y.value)] = best;
  });
}

void run_arg_reduce(const sdk::ArgReduceForm& form, const sdk::Call& call) {
  dispatch(call.input(0).dtype(), [&](auto zero) { arg_reduce<decltype(zero)>(form, call); });
}

}  // namespace

sdk::Kernel make_arg_reduce() {
  return make_kernel(
      rows_per_dtype(ASG_OP_ARG_REDUCE, computed_dtypes, {same, ASG_DTYPE_BIT(ASG_I64)}),
      run_arg_reduce);
}

}  // namespace asg::reference
