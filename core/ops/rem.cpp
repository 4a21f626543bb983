#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// a - b * n, where n is constant between the jumps. Rounding removes the error of the division.
Tensors rem_gradient(const GradientCall& call) {
  const Tensor n = round((call.in(0) - call.out()) / call.in(1));
  return {call.dy(), -call.dy() * n};
}

std::vector<Sample> rem_samples() {
  return joined(
      binary_samples({-5.1, 5.2}, {0.9, 1.1}, [](double a, double b) { return std::fmod(a, b); }),
      {kink({Array({3}, {7.0, -7.0, 7.0}), Array({3}, {4.0, 4.0, -4.0})},
            Array({3}, {3.0, -3.0, 3.0})),
       kink({Array({3}, std::vector<std::int64_t>{7, -7, 5}),
             Array({3}, std::vector<std::int64_t>{4, 4, 0})},
            Array({3}, std::vector<std::int64_t>{3, -3, 0}))});
}

}  // namespace

Tensor rem(const Operand& a, const Operand& b) { return elementwise("rem", {a, b}); }

namespace ops {
std::vector<OpDef> rem() {
  return {{
      .name = "rem",
      .summary = "The remainder of a / b toward zero, with the sign of a. Integers: 0 when b is 0.",
      .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::numbers,
      .gradient = rem_gradient,
      .lowering = {.instruction = ASG_EW_REM},
      .source = "https://en.cppreference.com/w/cpp/numeric/math/fmod",
      .samples = rem_samples,
  }};
}
}  // namespace ops

}  // namespace asg
