#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types constant_infer(const Signature& call) {
  const Array& value = call.attributes.array("value");
  call.require_type(value.bytes() != nullptr || value.size_bytes() == 0,
                    "the Array was only declared, it has no elements");
  return {value.type()};
}

std::vector<Sample> constant_samples() {
  std::vector<Sample> constant_samples;
  for (const Array& value :
       {Array(0.1), Array({2, 2}, {1.0, -0.0, 3.0, 1e300}), Array(f64, {2, 0}),
        Array({3}, std::vector<std::int64_t>{1, INT64_MIN, INT64_MAX}), Array({2}, {true, false})})
    constant_samples.push_back(
        {.inputs = {}, .attributes = {{"value", value}}, .outputs = {value}});
  return constant_samples;
}

}  // namespace

namespace ops {
std::vector<OpDef> constant() {
  return {{
      .name = "constant",
      .summary = "Fixed numbers.",
      .inputs = {},
      .outputs = {{"y", "as value", "as value"}},
      .attributes = {{"value", AttributeType::array, "the numbers"}},
      .infer = constant_infer,
      .lowering = {.role = Lowering::Role::constant},
      .source = "https://openxla.org/stablehlo/spec#constant",
      .samples = constant_samples,
  }};
}
}  // namespace ops

}  // namespace asg
