// MATMUL: a [..., M, K], b [..., K, N] -> [..., M, N], stored or handed to an epilogue.
#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "arithmetic.hpp"
#include "kernels.hpp"
#include "region/runner.hpp"

namespace asg::reference {
namespace {

// Floats accumulate in float64 and are rounded once; integers wrap.
template <Number T>
using Accumulator = std::conditional_t<Float<T>, double, T>;

template <Number T>
void multiply_all(const sdk::Call& call, const sdk::Tensor& c) {
  using Sum = Accumulator<T>;
  const sdk::Tensor a = call.input(0), b = call.input(1);
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

void multiply(const sdk::Call& call, const sdk::Tensor& c) {
  if (c.count() == 0) return;
  dispatch(c.dtype(), [&](auto zero) {
    if constexpr (Number<decltype(zero)>) multiply_all<decltype(zero)>(call, c);
  });
}

sdk::Run prepare(const sdk::ProgramCopy& program, const asg_step& step) {
  const asg_value product = sdk::MatmulForm(program, step).c;
  if (program.region(step) == nullptr)
    return [](const sdk::Call& call) { multiply(call, call.output(0)); };
  auto runner = std::make_shared<RegionRunner>(program, step);
  const auto bytes =
      static_cast<std::size_t>(sdk::element_count(product)) * sdk::dtype_size(product.dtype);
  auto memory = std::make_shared<std::vector<std::byte>>(bytes);
  return [=](const sdk::Call& call) {
    multiply(call, {memory->data(), &product});
    runner->run(call, memory->data());
  };
}

}  // namespace

sdk::Kernel make_matmul() {
  std::vector<sdk::Capability> rows = rows_per_dtype(ASG_OP_MATMUL, number_dtypes, {same});
  for (sdk::Capability& row : rows) row.flags |= ASG_CAP_EPILOGUE;
  return {std::move(rows), prepare};
}

}  // namespace asg::reference
