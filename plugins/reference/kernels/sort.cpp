// SORT: x -> sorted x, I64 positions; stable, NaN after every number (before, when descending).
#include <algorithm>
#include <numeric>
#include <vector>

#include "arithmetic.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

template <class T>
bool before(T a, T b) {
  return is_nan(b) ? !is_nan(a) : a < b;
}

template <class T>
void sort(const sdk::SortForm& form, const sdk::Call& call) {
  const sdk::Tensor x = call.input(0), y = call.output(0), positions = call.output(1);
  const uint32_t axis = form.axis;
  const Lines lines(*x.value, axis);
  std::vector<int64_t> order(static_cast<std::size_t>(lines.length));
  for_each_point(lines.shape, lines.rank, [&](const int64_t* point) {
    const T* line = x.as<T>() + offset_of(point, *x.value);
    const auto at = [&](int64_t i) { return line[i * lines.stride]; };
    std::iota(order.begin(), order.end(), int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return form.descending ? before(at(b), at(a)) : before(at(a), at(b));
    });
    T* sorted = y.as<T>() + offset_of(point, *y.value);
    int64_t* position = positions.as<int64_t>() + offset_of(point, *positions.value);
    for (int64_t i = 0; i < lines.length; ++i) {
      sorted[i * y.stride(axis)] = at(order[i]);
      position[i * positions.stride(axis)] = order[i];
    }
  });
}

void run_sort(const sdk::SortForm& form, const sdk::Call& call) {
  if (call.input(0).count() == 0) return;
  dispatch(call.input(0).dtype(), [&](auto zero) { sort<decltype(zero)>(form, call); });
}

}  // namespace

sdk::Kernel make_sort() {
  return make_kernel(
      rows_per_dtype(ASG_OP_SORT, computed_dtypes, {same, same, ASG_DTYPE_BIT(ASG_I64)}), run_sort);
}

}  // namespace asg::reference
