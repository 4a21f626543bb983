// FOLD: x [..., O1..On, K1..Kn] -> y [..., S1..Sn], the sum of the windows that cover each place.
#include <type_traits>

#include "arithmetic.hpp"
#include "dtypes.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

struct Windows {
  sdk::Ints strides, dilations, pads;
  explicit Windows(const asg_step& step)
      : strides(sdk::attr_ints(step, "strides")),
        dilations(sdk::attr_ints(step, "dilations")),
        pads(sdk::attr_ints(step, "pads")) {}
  uint32_t n() const { return pads.size(); }
};

void check_fold(const sdk::ProgramCopy& program, const asg_step& step) {
  const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
  const Windows windows(step);
  const uint32_t n = windows.n();
  require(windows.strides.size() == n && windows.dilations.size() == n,
          "fold: strides, dilations and pads differ in length");
  require(n <= y.rank && x.rank == y.rank + n, "fold: ranks do not fit");
  const uint32_t outer = y.rank - n;
  require(std::equal(y.shape, y.shape + outer, x.shape), "fold: shapes do not fit");
  for (uint32_t d = 0; d < n; ++d)
    require(windows.strides[d] > 0 && windows.dilations[d] > 0,
            "fold: strides and dilations must be positive");
}

template <Number T>
void fold(const sdk::Call& call) {
  const sdk::Tensor x = call.input(0), y = call.output(0);
  const Windows windows(call.step);
  const uint32_t n = windows.n(), outer = y.rank() - n;
  const int64_t* kernel = x.value->shape + outer + n;
  for_each_point(*y.value, [&](const int64_t* place) {
    std::conditional_t<Float<T>, double, T> sum = 0;
    const int64_t base = offset_of(place, x.value->strides, outer);
    for_each_point(kernel, n, [&](const int64_t* k) {
      int64_t from = base;
      for (uint32_t d = 0; d < n; ++d) {
        // o * stride + k * dilation - pad = s, solved for o.
        const int64_t ahead = place[outer + d] + windows.pads[d] - k[d] * windows.dilations[d];
        const int64_t o = ahead / windows.strides[d];
        if (ahead < 0 || ahead % windows.strides[d] != 0 || o >= x.size(outer + d)) return;
        from += o * x.stride(outer + d) + k[d] * x.stride(outer + n + d);
      }
      sum = add(sum, static_cast<decltype(sum)>(x.as<T>()[from]));
    });
    y.as<T>()[offset_of(place, *y.value)] = static_cast<T>(sum);
  });
}

void run_fold(const sdk::Call& call) {
  dispatch(call.output(0).dtype(), [&](auto zero) {
    if constexpr (Number<decltype(zero)>) fold<decltype(zero)>(call);
  });
}

}  // namespace

sdk::Kernel make_fold() {
  return make_kernel(rows_per_dtype(ASG_OP_FOLD, number_dtypes, {same}), {1, 1}, check_fold,
                     run_fold);
}

}  // namespace asg::reference
