#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> bit_xor_samples() {
  return {kink({Array({4}, std::vector<std::int32_t>{6, -1, 1, INT32_MIN}),
                Array({4}, std::vector<std::int32_t>{3, 7, 31, 1})},
               Array({4}, std::vector<std::int32_t>{5, -8, 30, -2147483647})),
          kink({Array({4}, std::vector<std::uint32_t>{6u, 4294967295u, 1u, 2147483648u}),
                Array({4}, std::vector<std::uint32_t>{3u, 7u, 31u, 1u})},
               Array({4}, std::vector<std::uint32_t>{5u, 4294967288u, 30u, 2147483649u})),
          kink({Array({4}, std::vector<std::int64_t>{6, -1, 1, -4611686018427387904LL}),
                Array({4}, std::vector<std::int64_t>{3, 7, 63, 1})},
               Array({4}, std::vector<std::int64_t>{5, -8, 62, -4611686018427387903LL})),
          kink({Array(std::int64_t{12}), Array(std::int64_t{2})}, Array(std::int64_t{14}))};
}

}  // namespace

Tensor bit_xor(const Operand& a, const Operand& b) { return elementwise("bit_xor", {a, b}); }

namespace ops {
std::vector<OpDef> bit_xor() {
  return {{
      .name = "bit_xor",
      .summary = "The bits that exactly one has.",
      .inputs = {{"a", "[...]", "integer"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::integers,
      .no_gradient = "integers only",
      .lowering = {.instruction = ASG_EW_BIT_XOR},
      .source = "https://onnx.ai/onnx/operators/onnx__BitwiseXor.html",
      .samples = bit_xor_samples,
  }};
}
}  // namespace ops

}  // namespace asg
