// From the ABI's element types to C++ types.
#pragma once

#include <cstdint>
#include <string>

#include <asg/sdk/error.hpp>
#include <asg/sdk/host_kernel.hpp>

namespace asg::reference {

inline constexpr uint32_t number_dtypes[] = {ASG_F32, ASG_F64, ASG_I8, ASG_I32,
                                             ASG_I64, ASG_U8,  ASG_U32};
inline constexpr uint32_t computed_dtypes[] = {ASG_F32, ASG_F64, ASG_I8,  ASG_I32,
                                               ASG_I64, ASG_U8,  ASG_U32, ASG_BOOL};
inline constexpr uint32_t all_dtypes[] = {ASG_F32, ASG_F64, ASG_I8,   ASG_I32, ASG_I64,
                                          ASG_U8,  ASG_U32, ASG_BOOL, ASG_F16, ASG_BF16};
inline constexpr uint32_t index_dtypes = sdk::dtype_mask({ASG_I32, ASG_I64});

/// Returns f(T{}) with the C++ type of a dtype in which the reference computes.
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
    case ASG_U8:
      return f(uint8_t{});
    case ASG_U32:
      return f(uint32_t{});
    case ASG_BOOL:
      return f(bool{});
    default:
      throw sdk::Error(ASG_UNSUPPORTED, std::string("no arithmetic in ") + sdk::dtype_name(dtype));
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

}  // namespace asg::reference
