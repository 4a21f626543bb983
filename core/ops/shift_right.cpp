#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> shift_right_samples() {
  return {kink({Array({4}, std::vector<std::int32_t>{6, -1, 1, INT32_MIN}),
                Array({4}, std::vector<std::int32_t>{3, 7, 31, 1})},
               Array({4}, std::vector<std::int32_t>{0, -1, 0, -1073741824})),
          kink({Array({4}, std::vector<std::uint32_t>{6u, 4294967295u, 1u, 2147483648u}),
                Array({4}, std::vector<std::uint32_t>{3u, 7u, 31u, 1u})},
               Array({4}, std::vector<std::uint32_t>{0u, 33554431u, 0u, 1073741824u})),
          kink({Array({4}, std::vector<std::int64_t>{6, -1, 1, -4611686018427387904LL}),
                Array({4}, std::vector<std::int64_t>{3, 7, 63, 1})},
               Array({4}, std::vector<std::int64_t>{0, -1, 0, -2305843009213693952LL})),
          kink({Array({5}, std::vector<std::int32_t>{-8, 8, -8, -8, INT32_MIN}),
                Array({5}, std::vector<std::int32_t>{32, 32, 40, -1, INT32_MAX})},
               Array({5}, std::vector<std::int32_t>{-1, 0, -1, -1, -1})),
          kink({Array({4}, std::vector<std::int64_t>{-8, 8, -8, -1}),
                Array({4}, std::vector<std::int64_t>{64, 64, INT64_MIN, 1000})},
               Array({4}, std::vector<std::int64_t>{-1, 0, -1, -1})),
          kink({Array({3}, std::vector<std::uint32_t>{4294967295u, 4294967295u, 8u}),
                Array({3}, std::vector<std::uint32_t>{32u, 4294967295u, 33u})},
               Array({3}, std::vector<std::uint32_t>{0u, 0u, 0u})),
          kink({Array(std::int64_t{12}), Array(std::int64_t{2})}, Array(std::int64_t{3}))};
}

}  // namespace

Tensor shift_right(const Operand& a, const Operand& b) {
  return elementwise("shift_right", {a, b});
}

namespace ops {
std::vector<OpDef> shift_right() {
  return {{
      .name = "shift_right",
      .summary =
          "The bits of a moved b places down: zeros move in for u32, the sign for signed elements. "
          "Nothing else is left when b is negative, the width or more.",
      .inputs = {{"a", "[...]", "integer"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::integers,
      .no_gradient = "integers only",
      .lowering = {.instruction = ASG_EW_SHIFT_RIGHT},
      .source = "https://onnx.ai/onnx/operators/onnx__BitShift.html",
      .samples = shift_right_samples,
  }};
}
}  // namespace ops

}  // namespace asg
