// How the files of kernels/ and claimed/ describe their kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <asg/sdk/host_kernel.hpp>

#include "context.hpp"

namespace asg::cpu {

inline constexpr uint32_t number_dtypes[] = {ASG_F32, ASG_F64, ASG_I8, ASG_I32,
                                             ASG_I64, ASG_U8,  ASG_U32};
inline constexpr uint32_t computed_dtypes[] = {ASG_F32, ASG_F64, ASG_I8,  ASG_I32,
                                               ASG_I64, ASG_U8,  ASG_U32, ASG_BOOL};
inline constexpr uint32_t index_dtypes = sdk::dtype_mask({ASG_I32, ASG_I64});

/// Throws ASG_INVALID_ARGUMENT: the program breaks the contract.
inline void require(bool ok, const std::string& what) {
  if (!ok) throw sdk::Error(ASG_INVALID_ARGUMENT, what);
}
inline void require_arity(const asg_step& step, uint32_t inputs, uint32_t outputs) {
  require(step.n_inputs == inputs && step.n_outputs == outputs,
          std::string(step.name) + ": wrong number of inputs or outputs");
}
inline uint32_t checked_axis(const asg_step& step, const asg_value& value) {
  const int64_t axis = sdk::attr_int(step, "axis");
  require(axis >= 0 && axis < value.rank, std::string(step.name) + ": axis " +
                                              std::to_string(axis) + " of " +
                                              std::to_string(value.rank));
  return static_cast<uint32_t>(axis);
}
inline bool same_shape(const asg_value& a, const asg_value& b) {
  return a.rank == b.rank && std::equal(a.shape, a.shape + a.rank, b.shape);
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

/// Steps as objects: a T is made of program, step and context when a program is compiled, and its
/// run(call) runs the step.
template <class T>
auto prepare(Context* context) {
  return [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    return [made = std::make_shared<const T>(program, step, *context)](const sdk::Call& call) {
      made->run(call);
    };
  };
}

/// Returns f(T{}) with the C++ type of a number; BOOL is uint8_t.
template <class F>
auto dispatch(uint32_t dtype, F&& f) {
  switch (dtype) {
    case ASG_F32:
      return f(float{});
    case ASG_F64:
      return f(double{});
    case ASG_I8:
      return f(int8_t{});
    case ASG_I32:
      return f(int32_t{});
    case ASG_I64:
      return f(int64_t{});
    case ASG_U32:
      return f(uint32_t{});
    case ASG_U8:
    case ASG_BOOL:
      return f(uint8_t{});
    default:
      throw sdk::Error(ASG_UNSUPPORTED, std::string("no kernel for ") + sdk::dtype_name(dtype));
  }
}

/// Returns f(U{}) with an unsigned type of that many bytes: enough to move elements about.
template <class F>
auto dispatch_size(uint32_t bytes, F&& f) {
  switch (bytes) {
    case 1:
      return f(uint8_t{});
    case 2:
      return f(uint16_t{});
    case 4:
      return f(uint32_t{});
    case 8:
      return f(uint64_t{});
    default:
      throw sdk::Error(ASG_UNSUPPORTED, "no elements of that size");
  }
}

}  // namespace asg::cpu
