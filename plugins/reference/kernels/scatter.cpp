// SCATTER: x, indices, updates -> y.
#include "arithmetic.hpp"
#include "indexing.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

template <class T>
void scatter(const sdk::ScatterForm& form, const sdk::Call& call) {
  using Mode = sdk::ScatterForm::Mode;
  const sdk::Tensor x = call.input(0), updates = call.input(2), y = call.output(0);
  const T* from = updates.as<T>();
  T* to = y.as<T>();
  for_each_point(*x.value, [&](const int64_t* point) {
    to[offset_of(point, *y.value)] = x.as<T>()[offset_of(point, *x.value)];
  });
  for_each_picked(form, call.step.name, *y.value, call.input(1), *updates.value,
                  [&](int64_t source, int64_t target) {
                    if (form.mode == Mode::set)
                      to[target] = from[source];
                    else if (form.mode == Mode::max)
                      to[target] = maximum(to[target], from[source]);
                    else if (form.mode == Mode::min)
                      to[target] = minimum(to[target], from[source]);
                    else if constexpr (Number<T>)
                      to[target] = add(to[target], from[source]);
                  });
}

void run_scatter(const sdk::ScatterForm& form, const sdk::Call& call) {
  dispatch(call.output(0).dtype(), [&](auto zero) { scatter<decltype(zero)>(form, call); });
}

}  // namespace

sdk::Kernel make_scatter() {
  return make_kernel(
      rows_per_dtype(ASG_OP_SCATTER, computed_dtypes, {same, index_dtypes, same, same}),
      run_scatter);
}

}  // namespace asg::reference
