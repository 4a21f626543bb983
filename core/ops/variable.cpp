#include "ops/rules.hpp"

namespace asg {
namespace {

Types variable_infer(const Signature& call) {
  return {{call.attributes.dtype("dtype"), rules::shape(call)}};
}

}  // namespace

namespace ops {
std::vector<OpDef> variable() {
  return {{
      .name = "variable",
      .summary = "A value that lives in a State from run to run, as it is before the run.",
      .inputs = {},
      .outputs = {{"y", "[shape]", "as dtype"}},
      .attributes = {{"name", AttributeType::text, "unique in its graph"},
                     {"dtype", AttributeType::dtype, "element type"},
                     {"shape", AttributeType::integers, "sizes of the axes"}},
      .infer = variable_infer,
      .lowering = {.role = Lowering::Role::variable},
  }};
}
}  // namespace ops

}  // namespace asg
