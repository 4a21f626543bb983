// A backend in plain loops: what training asks for, and no more. Products, lookups and the backend
// itself are here, everything elementwise and every reduction is a region: region.cpp.
#include <algorithm>
#include <array>
#include <vector>

#include <asg/sdk/dispatch.hpp>
#include <asg/sdk/host_backend.hpp>
#include <asg/sdk/step_forms.hpp>

#include "region.hpp"

namespace example {
namespace {

using namespace asg::sdk;

int64_t offset_of(const int64_t* point, const int64_t* strides, uint32_t rank) {
  int64_t offset = 0;
  for (uint32_t d = 0; d < rank; ++d) offset += point[d] * strides[d];
  return offset;
}

// Calls visit(point) for every point of a shape in row-major order.
template <class Visit>
void for_each_point(const int64_t* shape, uint32_t rank, Visit visit) {
  if (product(shape, rank) == 0) return;
  int64_t point[ASG_MAX_RANK] = {};
  for (;;) {
    visit(static_cast<const int64_t*>(point));
    uint32_t d = rank;
    while (d > 0 && ++point[d - 1] == shape[d - 1]) point[--d] = 0;
    if (d == 0) return;
  }
}

// a [..., M, K] times b [..., K, N]. A row of the result is a sum of rows of b, so that the inner
// loop runs over neighbours, which compilers make vectors of; for that b is copied.
void multiply(const Call& call) {
  const Tensor a = call.input(0), b = call.input(1), c = call.output(0);
  const uint32_t batch = c.rank() - 2, last = c.rank() - 1;
  const int64_t m = c.size(batch), n = c.size(last), k = a.size(last);
  std::vector<float> rows(static_cast<size_t>(k * n));
  for_each_point(c.value->shape, batch, [&](const int64_t* at) {
    const float* x = a.as<float>() + offset_of(at, a.value->strides, batch);
    const float* y = b.as<float>() + offset_of(at, b.value->strides, batch);
    float* z = c.as<float>() + offset_of(at, c.value->strides, batch);  // outputs are row-major
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < n; ++j) rows[p * n + j] = y[p * b.stride(batch) + j * b.stride(last)];
    std::fill_n(z, m * n, 0.0f);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t p = 0; p < k; ++p) {
        const float factor = x[i * a.stride(batch) + p * a.stride(last)];
        for (int64_t j = 0; j < n; ++j) z[i * n + j] += factor * rows[p * n + j];
      }
  });
}

// What GATHER and SCATTER share: calls visit(place in picked, place in x) for picked[b, p, i, q]
// and x[b, p, indices[b, i], q].
template <class Visit>
void for_each_picked(const IndexForm& form, const Call& call, const asg_value& x,
                     const asg_value& picked, Visit visit) {
  const Tensor indices = call.input(1);
  const uint32_t axis = form.axis, batch = form.batch_dims, behind = axis + form.index_axes;
  for_each_point(picked.shape, picked.rank, [&](const int64_t* at) {
    const int64_t place = offset_of(at, indices.value->strides, batch) +
                          offset_of(at + axis, indices.value->strides + batch, form.index_axes);
    const int64_t index =
        indices.dtype() == ASG_I32 ? indices.as<int32_t>()[place] : indices.as<int64_t>()[place];
    form.check_index(call.step.name, index);
    visit(offset_of(at, picked.strides, picked.rank),
          offset_of(at, x.strides, axis) + index * x.strides[axis] +
              offset_of(at + behind, x.strides + axis + 1, x.rank - axis - 1));
  });
}

void gather(const GatherForm& form, const Call& call) {
  const Tensor x = call.input(0), y = call.output(0);
  dispatch_size(dtype_size(x.dtype()), [&](auto zero) {
    auto *from = x.as<decltype(zero)>(), *to = y.as<decltype(zero)>();
    for_each_picked(form, call, *x.value, *y.value,
                    [&](int64_t target, int64_t source) { to[target] = from[source]; });
  });
}

void scatter(const ScatterForm& form, const Call& call) {
  const Tensor x = call.input(0), updates = call.input(2), y = call.output(0);
  const float* from = updates.as<float>();
  float* to = y.as<float>();
  for_each_point(x.value->shape, x.rank(), [&](const int64_t* at) {
    *to++ = x.as<float>()[offset_of(at, x.value->strides, x.rank())];
  });
  to = y.as<float>();
  using Mode = ScatterForm::Mode;
  for_each_picked(form, call, *y.value, *updates.value, [&](int64_t source, int64_t target) {
    float &a = to[target], b = from[source];
    if (form.mode == Mode::set) a = b;
    if (form.mode == Mode::add) a += b;
    if (form.mode == Mode::max) a = a != a || a == b || b < a ? a : b;
    if (form.mode == Mode::min) a = a != a || a == b || a < b ? a : b;
  });
}

Kernel matmul_kernel() {
  return {rows_per_dtype(ASG_OP_MATMUL, std::array{ASG_F32}, {same}),
          [](const ProgramCopy& program, const asg_step& step) -> Run {
            MatmulForm(program, step);  // throws where the step breaks the contract
            return multiply;
          }};
}

Kernel gather_kernel() {
  return {rows_per_dtype(ASG_OP_GATHER, all_dtypes, {same, index_dtypes, same}),
          [](const ProgramCopy& program, const asg_step& step) -> Run {
            return [form = GatherForm(program, step)](const Call& call) { gather(form, call); };
          }};
}

Kernel scatter_kernel() {
  return {rows_per_dtype(ASG_OP_SCATTER, std::array{ASG_F32}, {same, index_dtypes, same, same}),
          [](const ProgramCopy& program, const asg_step& step) -> Run {
            return [form = ScatterForm(program, step)](const Call& call) { scatter(form, call); };
          }};
}

class ExampleBackend final : public HostBackend {
 public:
  static const asg_backend_info info;

  explicit ExampleBackend(const asg_host&)
      : HostBackend({region_kernel(), matmul_kernel(), gather_kernel(), scatter_kernel()}) {}
};

const asg_backend_info ExampleBackend::info =
    backend_info("example_cpp", "1.0", "example", "plain loops over the C++ glue");

}  // namespace
}  // namespace example

ASG_BACKEND(example::ExampleBackend)
