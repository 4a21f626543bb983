// GATHER: x, indices -> y.
#include "indexing.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

void run_gather(const sdk::GatherForm& form, const sdk::Call& call) {
  const sdk::Tensor x = call.input(0), y = call.output(0);
  dispatch_size(sdk::dtype_size(x.dtype()), [&](auto zero) {
    using T = decltype(zero);
    for_each_picked(form, call.step.name, *x.value, call.input(1), *y.value,
                    [from = x.as<T>(), to = y.as<T>()](int64_t target, int64_t source) {
                      to[target] = from[source];
                    });
  });
}

}  // namespace

sdk::Kernel make_gather() {
  return make_kernel(rows_per_dtype(ASG_OP_GATHER, all_dtypes, {same, index_dtypes, same}),
                     run_gather);
}

}  // namespace asg::reference
