// How a file of kernels/ describes its kernel.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <asg/sdk/host_kernel.hpp>

namespace asg::reference {

/// Throws ASG_INVALID_ARGUMENT: the program breaks the contract.
inline void require(bool ok, const std::string& what) {
  if (!ok) throw sdk::Error(ASG_INVALID_ARGUMENT, what);
}

/// Number of inputs and of outputs that a kernel has.
struct Arity {
  uint32_t inputs, outputs;
};
using Check = void (*)(const sdk::ProgramCopy&, const asg_step&);
using RunFunction = void (*)(const sdk::Call&);

/// A kernel whose steps are checked once, when the program is compiled, and then run as they are.
inline sdk::Kernel make_kernel(std::vector<sdk::Capability> rows, Arity arity, Check check,
                               RunFunction run) {
  return {std::move(rows), [=](const sdk::ProgramCopy& program, const asg_step& step) {
            require(step.n_inputs == arity.inputs && step.n_outputs == arity.outputs,
                    std::string(step.name) + ": wrong number of inputs or outputs");
            check(program, step);
            return sdk::Run(run);
          }};
}

/// A row for each dtype D, in which `operands` has D where it says `same` and a mask elsewhere.
inline constexpr uint32_t same = 0;
template <class Dtypes>
std::vector<sdk::Capability> rows_per_dtype(uint32_t op, const Dtypes& dtypes,
                                            const std::vector<uint32_t>& operands) {
  std::vector<sdk::Capability> rows;
  for (const uint32_t dtype : dtypes) {
    std::vector<uint32_t> masks;
    for (const uint32_t mask : operands)
      masks.push_back(mask == same ? ASG_DTYPE_BIT(dtype) : mask);
    rows.push_back({op, ASG_CAP_STRIDED, ASG_MAX_RANK, masks});
  }
  return rows;
}

/// The attribute `axis`, which must name an axis of `value`.
inline uint32_t checked_axis(const asg_step& step, const asg_value& value) {
  const int64_t axis = sdk::attr_int(step, "axis");
  require(axis >= 0 && axis < value.rank, std::string(step.name) + ": axis " +
                                              std::to_string(axis) + " of " +
                                              std::to_string(value.rank));
  return static_cast<uint32_t>(axis);
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

inline bool same_shape(const asg_value& a, const asg_value& b) {
  return a.rank == b.rank && std::equal(a.shape, a.shape + a.rank, b.shape);
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
