#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> ne_samples() {
  const double nan = std::nan("");
  return joined(
      binary_constants(
          {-2, 2}, {-3, 3}, [](double a, double b) { return a != b ? 1.0 : 0.0; }, boolean),
      {kink({Array({5}, {1.0, 1.0, 2.0, nan, nan}), Array({5}, {1.0, 2.0, 1.0, 1.0, nan})},
            Array({5}, {false, true, true, true, true})),
       kink({Array({3}, std::vector<std::int64_t>{1, -2, INT64_MAX}),
             Array({3}, std::vector<std::int64_t>{1, 1, INT64_MIN})},
            Array({3}, {false, true, true})),
       kink({Array({2}, {true, false}), Array({2}, {true, true})}, Array({2}, {false, true}))});
}

}  // namespace

Tensor ne(const Operand& a, const Operand& b) { return elementwise("ne", {a, b}); }

namespace ops {
std::vector<OpDef> ne() {
  return {{
      .name = "ne",
      .summary = "True where a differs from b; a NaN differs from everything.",
      .inputs = {{"a", "[...]", "any"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "bool"}},
      .infer = rules::comparison,
      .no_gradient = "the result is bool",
      .lowering = {.instruction = ASG_EW_NE},
      .source = "https://openxla.org/stablehlo/spec#compare",
      .samples = ne_samples,
  }};
}
}  // namespace ops

}  // namespace asg
