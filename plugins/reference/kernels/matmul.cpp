// MATMUL: a [..., M, K], b [..., K, N] -> [..., M, N].
#include <algorithm>
#include <type_traits>
#include <vector>

#include "arithmetic.hpp"
#include "dtypes.hpp"
#include "kernels.hpp"

namespace asg::reference {
namespace {

void check(const sdk::ProgramCopy& program, const asg_step& step) {
  const asg_value &a = program.input(step, 0), &b = program.input(step, 1);
  const asg_value& c = program.output(step, 0);
  const uint32_t rank = c.rank;
  require(rank >= 2 && a.rank == rank && b.rank == rank, "matmul: ranks differ or are below 2");
  bool fits = a.shape[rank - 1] == b.shape[rank - 2] && a.shape[rank - 2] == c.shape[rank - 2] &&
              b.shape[rank - 1] == c.shape[rank - 1];
  for (uint32_t d = 0; d + 2 < rank; ++d)
    fits &= a.shape[d] == c.shape[d] && b.shape[d] == c.shape[d];
  require(fits, "matmul: shapes do not fit");
}

// Floats accumulate in float64 and are rounded once; integers wrap.
template <Number T>
using Accumulator = std::conditional_t<Float<T>, double, T>;

template <Number T>
void multiply_all(const sdk::Call& call) {
  using Sum = Accumulator<T>;
  const sdk::Tensor a = call.input(0), b = call.input(1), c = call.output(0);
  const uint32_t rows = c.rank() - 2, columns = c.rank() - 1;
  const int64_t m = c.size(rows), n = c.size(columns), k = a.size(columns);
  std::vector<Sum> packed(static_cast<std::size_t>(k * n));
  std::vector<Sum> sums(static_cast<std::size_t>(n));
  const T* in_pack = nullptr;
  for_each_point(c.value->shape, rows, [&](const int64_t* batch) {
    const T* x = a.as<T>() + offset_of(batch, a.value->strides, rows);
    const T* y = b.as<T>() + offset_of(batch, b.value->strides, rows);
    T* z = c.as<T>() + offset_of(batch, c.value->strides, rows);
    if (y != in_pack) {
      for (int64_t p = 0; p < k; ++p)
        for (int64_t j = 0; j < n; ++j)
          packed[p * n + j] = static_cast<Sum>(y[p * b.stride(rows) + j * b.stride(columns)]);
      in_pack = y;
    }
    for (int64_t i = 0; i < m; ++i) {
      std::fill(sums.begin(), sums.end(), Sum{0});
      for (int64_t p = 0; p < k; ++p) {
        const auto factor = static_cast<Sum>(x[i * a.stride(rows) + p * a.stride(columns)]);
        const Sum* row = packed.data() + p * n;
        for (int64_t j = 0; j < n; ++j) sums[j] = add(sums[j], multiply(factor, row[j]));
      }
      for (int64_t j = 0; j < n; ++j)
        z[i * c.stride(rows) + j * c.stride(columns)] = static_cast<T>(sums[j]);
    }
  });
}

void run(const sdk::Call& call) {
  if (call.output(0).count() == 0) return;
  dispatch(call.output(0).dtype(), [&](auto zero) {
    if constexpr (Number<decltype(zero)>) multiply_all<decltype(zero)>(call);
  });
}

}  // namespace

sdk::Kernel make_matmul() {
  return make_kernel(rows_per_dtype(ASG_OP_MATMUL, number_dtypes, {same}), {2, 1}, check, run);
}

}  // namespace asg::reference
