#include "ops/rules.hpp"

namespace asg {
namespace {

Types input_infer(const Signature& call) {
  return {{call.attributes.dtype("dtype"), rules::shape(call)}};
}

}  // namespace

namespace ops {
std::vector<OpDef> input() {
  return {{
      .name = "input",
      .summary = "A value given anew for each run.",
      .inputs = {},
      .outputs = {{"y", "[shape]", "as dtype"}},
      .attributes = {{"name", AttributeType::text, "unique in its graph"},
                     {"dtype", AttributeType::dtype, "element type"},
                     {"shape", AttributeType::integers, "sizes of the axes"}},
      .infer = input_infer,
      .lowering = {.role = Lowering::Role::input},
  }};
}
}  // namespace ops

}  // namespace asg
