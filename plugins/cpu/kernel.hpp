// How the files of kernels/ and claimed/ describe their kernels.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <asg/sdk/dispatch.hpp>
#include <asg/sdk/host_kernel.hpp>
#include <asg/sdk/step_forms.hpp>

#include "context.hpp"

namespace asg::cpu {

using sdk::all_dtypes, sdk::computed_dtypes, sdk::index_dtypes, sdk::number_dtypes, sdk::same;
using sdk::dispatch_size, sdk::require, sdk::require_arity, sdk::rows_per_dtype;

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
  return sdk::dispatch_dtype<uint8_t>(dtype, std::forward<F>(f));
}

}  // namespace asg::cpu
