#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types concat_infer(const Signature& call) {
  call.require(!call.inputs.empty(), "needs at least one tensor");
  call.require_same_types();
  const int axis = rules::axis(call);
  Shape shape = call.shape(0);
  shape[axis] = 0;
  for (const TensorType& input : call.inputs) {
    call.require(input.shape.rank() == shape.rank(), "all tensors must have one rank");
    const bool too_large = __builtin_add_overflow(shape[axis], input.shape[axis], &shape[axis]);
    call.require(!too_large, "the axis would be longer than 64 bits can count");
    for (int d = 0; d < shape.rank(); ++d)
      call.require(d == axis || input.shape[d] == shape[d],
                   "sizes may differ along the joined axis only");
  }
  return {{call.dtype(0), shape}};
}

Tensors concat_gradient(const GradientCall& call) {
  const int axis = call.attributes.axis("axis");
  Tensors parts;
  std::int64_t start = 0;
  for (const Tensor& input : call.inputs) {
    const std::int64_t size = input.size(axis);
    parts.push_back(slice(call.dy(), axis, start, start + size));
    start += size;
  }
  return parts;
}

std::vector<Sample> concat_samples() {
  const auto sample = [](std::vector<Array> inputs, int axis, std::vector<Array> y = {}) {
    return Sample{
        .inputs = std::move(inputs), .attributes = {{"axis", axis}}, .outputs = std::move(y)};
  };
  return {sample({Array({2}, {1.0, 2.0}), Array({1}, {3.0})}, 0, {Array({3}, {1.0, 2.0, 3.0})}),
          sample({Array({2, 1}, {1.0, 2.0}), Array({2, 2}, {3.0, 4.0, 5.0, 6.0})}, 1,
                 {Array({2, 3}, {1.0, 3.0, 4.0, 2.0, 5.0, 6.0})}),
          sample({Array({1}, {1.0})}, 0, {Array({1}, {1.0})}),
          sample({Array(f64, {0}), Array({1}, {1.0}), Array(f64, {0})}, 0, {Array({1}, {1.0})}),
          sample({Array(f64, {2, 0}), Array(f64, {3, 0})}, 0, {Array(f64, {5, 0})}),
          sample({spread({2, 3, 2}, -2, 2, 1), spread({2, 1, 2}, -2, 2, 2),
                  spread({2, 4, 2}, -2, 2, 3)},
                 1)};
}

// A function without operands in its argument list cannot leave this to Call.
void require_some(std::string_view function, const std::vector<Tensor>& tensors, Where where) {
  const auto fail = [&](std::string_view why) {
    throw TypeError(fmt::format("{}: {}\n  at {}", function, why,
                                to_string(Origin{where.file, where.line, {}, false})));
  };
  if (tensors.empty()) fail("needs at least one tensor");
  for (const Tensor& tensor : tensors)
    if (!tensor.defined()) fail("an operand is an empty Tensor, one that no graph has made");
}

}  // namespace

Tensor concat(const std::vector<Tensor>& tensors, Axis axis, Where where) {
  require_some("concat", tensors, where);
  const Call call("concat", {Operand(tensors[0], where)});
  DType common = tensors[0].dtype();
  for (const Tensor& tensor : tensors) {
    call.require((tensor.dtype() == u32) == (common == u32),
                 "u32 meets another element type; cast one of them");
    if (tensor.dtype() != common) common = promote(common, tensor.dtype());
  }
  Tensors parts;
  for (const Tensor& tensor : tensors) parts.push_back(cast(tensor, common));
  const std::int64_t along = call.axis(axis, tensors[0].rank());
  return call.make_all("concat", parts, {{"axis", along}})[0];
}

Tensor stack(const std::vector<Tensor>& tensors, Axis axis, Where where) {
  require_some("stack", tensors, where);
  const Call call("stack", {Operand(tensors[0], where)});
  const Shape shape = tensors[0].shape();
  const int along = call.axis(axis, shape.rank() + 1);
  Tensors parts;
  for (const Tensor& tensor : tensors) {
    if (tensor.shape() != shape)
      call.fail(fmt::format("all tensors must have one shape; {} meets {}", to_string(shape),
                            to_string(tensor.shape())));
    parts.push_back(unsqueeze(tensor, along));
  }
  return concat(parts, along, where);
}

namespace ops {
std::vector<OpDef> concat() {
  return {{
      .name = "concat",
      .summary = "Joins tensors along an axis.",
      .inputs = {{.name = "x", .shape = "[..., N, ...]", .types = "any", .variadic = true}},
      .outputs = {{"y", "[..., sum of N, ...]", "as x"}},
      .attributes = {{"axis", AttributeType::integer, "the axis that grows"}},
      .infer = concat_infer,
      .gradient = concat_gradient,
      .lowering = {.role = Lowering::Role::concat},
      .source = "https://openxla.org/stablehlo/spec#concatenate",
      .samples = concat_samples,
  }};
}
}  // namespace ops

}  // namespace asg
