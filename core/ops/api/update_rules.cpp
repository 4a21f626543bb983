#include "ops/update_rules.hpp"

#include <cmath>

#include <fmt/format.h>

#include <asg/ops/activation.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>

namespace asg {

void updates::require_alike(const Signature& call, std::size_t count) {
  call.require_type(is_float(call.dtype(0)), "the parameter must be float");
  for (std::size_t i = 1; i < count; ++i)
    if (call.in(i) != call.in(0))
      call.fail(fmt::format("{} must have the type of the parameter", call.op.inputs[i].name));
}

void updates::require_rate(const Signature& call, std::size_t i) {
  call.require_type(is_float(call.dtype(i)), "the learning rate must be float");
  call.require(call.shape(i).rank() == 0, "the learning rate must be a scalar");
}

void updates::require_step(const Signature& call, std::size_t i) {
  call.require_type(call.dtype(i) == i64 || is_float(call.dtype(i)),
                    "the step must be i64 or float");
  call.require(call.shape(i).rank() == 0, "the step must be a scalar");
}

// In f32 the power of a beta near 1 has lost the digits that the difference needs; log(beta) is
// formed in double precision, and expm1 keeps them.
Tensor updates::correction(const Tensor& step, double beta) {
  return beta == 0 ? ones_like(step) : -expm1(step * std::log(beta));
}

}  // namespace asg
