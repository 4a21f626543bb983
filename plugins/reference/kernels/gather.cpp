// GATHER: x, indices -> y.
#include "indexing.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

void check_gather(const sdk::ProgramCopy& program, const asg_step& step) {
  check_indexing(step, program.input(step, 0), program.input(step, 1), program.output(step, 0));
}

void run_gather(const sdk::Call& call) {
  const sdk::Tensor x = call.input(0), y = call.output(0);
  dispatch_size(sdk::dtype_size(x.dtype()), [&](auto zero) {
    using T = decltype(zero);
    for_each_picked(call.step, *x.value, call.input(1), *y.value,
                    [from = x.as<T>(), to = y.as<T>()](int64_t target, int64_t source) {
                      to[target] = from[source];
                    });
  });
}

}  // namespace

sdk::Kernel make_gather() {
  return make_kernel(rows_per_dtype(ASG_OP_GATHER, all_dtypes, {same, index_dtypes, same}), {2, 1},
                     check_gather, run_gather);
}

}  // namespace asg::reference
