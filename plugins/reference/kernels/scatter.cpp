// SCATTER: x, indices, updates -> y.
#include <string_view>

#include "arithmetic.hpp"
#include "indexing.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

void check_scatter(const sdk::ProgramCopy& program, const asg_step& step) {
  const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
  check_indexing(step, x, program.input(step, 1), program.input(step, 2));
  require(same_shape(x, y), "scatter: x and y differ in shape");
  const std::string_view mode = sdk::attr_string(step, "mode");
  require(mode == "set" || mode == "add" || mode == "max" || mode == "min",
          "scatter: unknown mode '" + std::string(mode) + "'");
  require(mode != "add" || x.dtype != ASG_BOOL, "scatter: bool has no sum");
}

template <class T>
void scatter(const sdk::Call& call) {
  const sdk::Tensor x = call.input(0), updates = call.input(2), y = call.output(0);
  const T* from = updates.as<T>();
  T* to = y.as<T>();
  for_each_point(*x.value, [&](const int64_t* point) {
    to[offset_of(point, *y.value)] = x.as<T>()[offset_of(point, *x.value)];
  });
  const std::string_view mode = sdk::attr_string(call.step, "mode");
  for_each_picked(call.step, *y.value, call.input(1), *updates.value,
                  [&](int64_t source, int64_t target) {
                    if (mode == "set")
                      to[target] = from[source];
                    else if (mode == "max")
                      to[target] = maximum(to[target], from[source]);
                    else if (mode == "min")
                      to[target] = minimum(to[target], from[source]);
                    else if constexpr (Number<T>)
                      to[target] = add(to[target], from[source]);
                  });
}

void run_scatter(const sdk::Call& call) {
  dispatch(call.output(0).dtype(), [&](auto zero) { scatter<decltype(zero)>(call); });
}

}  // namespace

sdk::Kernel make_scatter() {
  return make_kernel(
      rows_per_dtype(ASG_OP_SCATTER, computed_dtypes, {same, index_dtypes, same, same}), {3, 1},
      check_scatter, run_scatter);
}

}  // namespace asg::reference
