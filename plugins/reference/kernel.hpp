// How a file of kernels/ describes its kernel.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <asg/sdk/dispatch.hpp>
#include <asg/sdk/host_kernel.hpp>
#include <asg/sdk/step_forms.hpp>

namespace asg::reference {

using sdk::all_dtypes, sdk::computed_dtypes, sdk::index_dtypes, sdk::number_dtypes, sdk::same;
using sdk::dispatch_size, sdk::rows_per_dtype;

/// Returns f(T{}) with the C++ type of a dtype in which the reference computes.
template <class F>
auto dispatch(uint32_t dtype, F&& f) {
  return sdk::dispatch_dtype(dtype, std::forward<F>(f));
}

/// A kernel whose steps are read once, as a Form, when the program is compiled, and then run.
template <class Form>
sdk::Kernel make_kernel(std::vector<sdk::Capability> rows,
                        void (*run)(const Form&, const sdk::Call&)) {
  return {std::move(rows),
          [run](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
            return [run, form = Form(program, step)](const sdk::Call& call) { run(form, call); };
          }};
}

/// Calls visit(coordinates) for every point of a shape in row-major order.
template <class Visit>
void for_each_point(const int64_t* shape, uint32_t rank, Visit visit) {
  if (sdk::product(shape, rank) == 0) return;
  int64_t point[ASG_MAX_RANK] = {};
  for (;;) {
    visit(static_cast<const int64_t*>(point));
    uint32_t d = rank;
    while (d > 0 && ++point[d - 1] == shape[d - 1]) point[--d] = 0;
    if (d == 0) return;
  }
}
template <class Visit>
void for_each_point(const asg_value& value, Visit visit) {
  for_each_point(value.shape, value.rank, visit);
}

/// Element offset of a point.
inline int64_t offset_of(const int64_t* point, const int64_t* strides, uint32_t rank) {
  int64_t offset = 0;
  for (uint32_t d = 0; d < rank; ++d) offset += point[d] * strides[d];
  return offset;
}
inline int64_t offset_of(const int64_t* point, const asg_value& value) {
  return offset_of(point, value.strides, value.rank);
}

/// The lines of a tensor along one axis, in row-major order of the other axes.
struct Lines {
  int64_t shape[ASG_MAX_RANK];
  int64_t length;
  int64_t stride;
  uint32_t rank;

  Lines(const asg_value& value, uint32_t axis)
      : length(value.shape[axis]), stride(value.strides[axis]), rank(value.rank) {
    std::copy_n(value.shape, rank, shape);
    shape[axis] = 1;
  }
};

}  // namespace asg::reference
