// asg/sdk/dispatch.hpp - from the ABI's element types to C++ types.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <asg/sdk/error.hpp>
#include <asg/sdk/program.hpp>

namespace asg::sdk {

/// Returns f(T{}) with the C++ type of a dtype that C++ computes in; BOOL is `Bool`, a bool or a
/// byte that holds 0 or 1.
/// Errors: ASG_UNSUPPORTED for a dtype without a C++ type.
template <class Bool = bool, class F>
auto dispatch_dtype(uint32_t dtype, F&& f) {
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
      return f(Bool{});
    default:
      throw Error(ASG_UNSUPPORTED, std::string("no arithmetic in ") + dtype_name(dtype));
  }
}

/// Returns f(U{}) with an unsigned type of that many bytes: enough to move elements about.
/// Errors: ASG_UNSUPPORTED where there is none.
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
      throw Error(ASG_UNSUPPORTED, "no elements of " + std::to_string(bytes) + " bytes");
  }
}

}  // namespace asg::sdk
