// FOLD: x [..., O1..On, K1..Kn] -> y [..., S1..Sn], the sum of the windows that cover each place.
#include <type_traits>

#include "arithmetic.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

template <Number T>
void fold(const sdk::FoldForm& form, const sdk::Call& call) {
  const sdk::Tensor x = call.input(0), y = call.output(0);
  const uint32_t n = form.n, outer = form.outer;
  const int64_t* kernel = x.value->shape + outer + n;
  for_each_point(*y.value, [&](const int64_t* place) {
    std::conditional_t<Float<T>, double, T> sum = 0;
    const int64_t base = offset_of(place, x.value->strides, outer);
    for_each_point(kernel, n, [&](const int64_t* k) {
      int64_t from = base;
      for (uint32_t d = 0; d < n; ++d) {
        // o * stride + k * dilation - pad = s, solved for o.
        const int64_t ahead = place[outer + d] + form.pads[d] - k[d] * form.dilations[d];
        const int64_t o = ahead / form.strides[d];
        if (ahead < 0 || ahead % form.strides[d] != 0 || o >= x.size(outer + d)) return;
        from += o * x.stride(outer + d) + k[d] * x.stride(outer + n + d);
      }
      sum = add(sum, static_cast<decltype(sum)>(x.as<T>()[from]));
    });
    y.as<T>()[offset_of(place, *y.value)] = static_cast<T>(sum);
  });
}

void run_fold(const sdk::FoldForm& form, const sdk::Call& call) {
  dispatch(call.output(0).dtype(), [&](auto zero) {
    if constexpr (Number<decltype(zero)>) fold<decltype(zero)>(form, call);
  });
}

}  // namespace

sdk::Kernel make_fold() {
  return make_kernel(rows_per_dtype(ASG_OP_FOLD, number_dtypes, {same}), run_fold);
}

}  // namespace asg::reference
