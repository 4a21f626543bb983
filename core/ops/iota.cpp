#include <algorithm>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types iota_infer(const Signature& call) {
  const DType dtype = call.attributes.dtype("dtype");
  const Shape shape = rules::shape(call);
  const std::int64_t axis = call.attributes.integer("axis");
  call.require(axis >= 0 && axis < shape.rank(), "the axis must be one of the shape's");
  call.require_type(dtype != boolean, "positions are numbers, not bools");
  return {{dtype, shape}};
}

std::vector<Sample> iota_samples() {
  const auto sample = [](const Shape& shape, int axis, const Array& y) {
    return Sample{
        .inputs = {},
        .attributes = {{"axis", axis}, {"shape", shape.to_vector()}, {"dtype", y.dtype()}},
        .outputs = {y}};
  };
  return {sample({3}, 0, Array({3}, std::vector<std::int64_t>{0, 1, 2})),
          sample({2, 3}, 0, Array({2, 3}, {0.0, 0.0, 0.0, 1.0, 1.0, 1.0})),
          sample({2, 3}, 1, Array({2, 3}, {0.0, 1.0, 2.0, 0.0, 1.0, 2.0})),
          sample({1, 2, 1}, 1, Array({1, 2, 1}, std::vector<std::int32_t>{0, 1})),
          sample({2, 0}, 1, Array(i64, {2, 0}))};
}

}  // namespace

Tensor iota(Graph& graph, const Shape& shape, Axis axis, DType dtype, Where where) {
  // The type rule reports an axis that does not exist, with the caller's line.
  const std::int64_t from_front = axis < 0 ? axis + shape.rank() : std::int64_t{axis};
  return graph.add(find_op("iota"), {},
                   {{"axis", from_front}, {"shape", shape.to_vector()}, {"dtype", dtype}},
                   where)[0];
}

Tensor arange(Graph& graph, std::int64_t start, std::int64_t end, DType dtype, Where where) {
  const WhereScope scope(graph, where);
  // Counted without a sign: from the smallest number to the largest it would overflow, and becomes
  // a size that the type rule refuses.
  const auto count = end <= start ? std::int64_t{0}
                                  : static_cast<std::int64_t>(static_cast<std::uint64_t>(end) -
                                                              static_cast<std::uint64_t>(start));
  const Tensor positions = iota(graph, {count}, 0, dtype, where);
  return start == 0 ? positions : positions + start;
}

namespace ops {
std::vector<OpDef> iota() {
  return {{
      .name = "iota",
      .summary = "The position along one axis: element [..., i, ...] is i.",
      .inputs = {},
      .outputs = {{"y", "[shape]", "as dtype"}},
      .attributes = {{"axis", AttributeType::integer, "whose positions"},
                     {"shape", AttributeType::integers, "sizes of the axes"},
                     {"dtype", AttributeType::dtype, "a number type"}},
      .infer = iota_infer,
      .no_gradient = "depends on nothing",
      .lowering = {.role = Lowering::Role::iota},
      .source = "https://openxla.org/stablehlo/spec#iota",
      .samples = iota_samples,
  }};
}
}  // namespace ops

}  // namespace asg
