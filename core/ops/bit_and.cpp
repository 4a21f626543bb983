#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> bit_and_samples() {
  return {kink({Array({4}, std::vector<std::int32_t>{6, -1, 1, INT32_MIN}),
                Array({4}, std::vector<std::int32_t>{3, 7, 31, 1})},
               Array({4}, std::vector<std::int32_t>{2, 7, 1, 0})),
          kink({Array({4}, std::vector<std::uint32_t>{6u, 4294967295u, 1u, 2147483648u}),
                Array({4}, std::vector<std::uint32_t>{3u, 7u, 31u, 1u})},
               Array({4}, std::vector<std::uint32_t>{2u, 7u, 1u, 0u})),
          kink({Array({4}, std::vector<std::int64_t>{6, -1, 1, -4611686018427387904LL}),
                Array({4}, std::vector<std::int64_t>{3, 7, 63, 1})},
               Array({4}, std::vector<std::int64_t>{2, 7, 1, 0})),
          kink({Array(std::int64_t{12}), Array(std::int64_t{2})}, Array(std::int64_t{0}))};
}

}  // namespace

Tensor bit_and(const Operand& a, const Operand& b) { return elementwise("bit_and", {a, b}); }

namespace ops {
std::vector<OpDef> bit_and() {
  return {{
      .name = "bit_and",
      .summary = "The bits that both have.",
      .inputs = {{"a", "[...]", "integer"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::integers,
      .no_gradient = "integers only",
      .lowering = {.instruction = ASG_EW_BIT_AND},
      .source = "https://onnx.ai/onnx/operators/onnx__BitwiseAnd.html",
      .samples = bit_and_samples,
  }};
}
}  // namespace ops

}  // namespace asg
