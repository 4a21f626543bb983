#include "ops/rules.hpp"

namespace asg {
namespace {

Types assign_infer(const Signature& call) {
  call.require_same_types();
  call.require(call.shape(0) == call.shape(1), "the value must have the variable's shape");
  return {};
}

}  // namespace

namespace ops {
std::vector<OpDef> assign() {
  return {{
      .name = "assign",
      .summary = "Gives a variable a new value at the end of the run. The only effect there is.",
      .inputs = {{"variable", "[...]", "any"}, {"value", "as variable", "as variable"}},
      .outputs = {},
      .infer = assign_infer,
      .lowering = {.role = Lowering::Role::assign},
  }};
}
}  // namespace ops

}  // namespace asg
