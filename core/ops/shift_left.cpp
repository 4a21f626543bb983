#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

std::vector<Sample> shift_left_samples() {
  return {kink({Array({4}, std::vector<std::int32_t>{6, -1, 1, INT32_MIN}),
                Array({4}, std::vector<std::int32_t>{3, 7, 31, 1})},
               Array({4}, std::vector<std::int32_t>{48, -128, INT32_MIN, 0})),
          kink({Array({4}, std::vector<std::uint32_t>{6u, 4294967295u, 1u, 2147483648u}),
                Array({4}, std::vector<std::uint32_t>{3u, 7u, 31u, 1u})},
               Array({4}, std::vector<std::uint32_t>{48u, 4294967168u, 2147483648u, 0u})),
          kink({Array({4}, std::vector<std::int64_t>{6, -1, 1, -4611686018427387904LL}),
                Array({4}, std::vector<std::int64_t>{3, 7, 63, 1})},
               Array({4}, std::vector<std::int64_t>{48, -128, INT64_MIN, INT64_MIN})),
          kink({Array({2}, std::vector<std::int32_t>{1, 1}),
                Array({2}, std::vector<std::int32_t>{32, 40})},
               Array({2}, std::vector<std::int32_t>{0, 0})),
          kink({Array({3}, std::vector<std::int64_t>{-8, 8, -1}),
                Array({3}, std::vector<std::int64_t>{64, -1, INT64_MIN})},
               Array({3}, std::vector<std::int64_t>{0, 0, 0})),
          kink({Array({3}, std::vector<std::uint32_t>{4294967295u, 4294967295u, 8u}),
                Array({3}, std::vector<std::uint32_t>{32u, 4294967295u, 33u})},
               Array({3}, std::vector<std::uint32_t>{0u, 0u, 0u})),
          kink({Array(std::int64_t{12}), Array(std::int64_t{2})}, Array(std::int64_t{48}))};
}

}  // namespace

Tensor shift_left(const Operand& a, const Operand& b) { return elementwise("shift_left", {a, b}); }

namespace ops {
std::vector<OpDef> shift_left() {
  return {{
      .name = "shift_left",
      .summary = "The bits of a moved b places up; 0 when b is negative, the width or more.",
      .inputs = {{"a", "[...]", "integer"}, {"b", "as a", "as a"}},
      .outputs = {{"y", "as a", "as a"}},
      .infer = rules::integers,
      .no_gradient = "integers only",
      .lowering = {.instruction = ASG_EW_SHIFT_LEFT},
      .source = "https://onnx.ai/onnx/operators/onnx__BitShift.html",
      .samples = shift_left_samples,
  }};
}
}  // namespace ops

}  // namespace asg
