#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types one_hot_infer(const Signature& call) {
  call.require_type(call.dtype(0) == i32 || call.dtype(0) == i64, "indices must be i32 or i64");
  call.require(call.attributes.integer("classes") >= 0, "classes must not be negative");
  Ints shape = call.shape(0).to_vector();
  shape.push_back(call.attributes.integer("classes"));
  return {{call.attributes.dtype("dtype"), rules::checked_shape(call, shape)}};
}

Tensors one_hot_body(const OpCall& call) {
  const Tensor& indices = call.in(0);
  const Tensor classes =
      iota(indices.graph(), {call.attributes.integer("classes")}, 0, indices.dtype());
  return {cast(eq(unsqueeze(indices, -1), classes), call.attributes.dtype("dtype"))};
}

std::vector<Sample> one_hot_samples() {
  return {{.inputs = {Array({3}, std::vector<std::int64_t>{1, 0, 5})},
           .attributes = {{"classes", 2}, {"dtype", f64}},
           .outputs = {Array({3, 2}, {0.0, 1.0, 1.0, 0.0, 0.0, 0.0})},
           .gradient = false},
          {.inputs = {Array({1, 2}, std::vector<std::int32_t>{2, -1})},
           .attributes = {{"classes", 3}, {"dtype", i64}},
           .outputs = {Array({1, 2, 3}, std::vector<std::int64_t>{0, 0, 1, 0, 0, 0})},
           .gradient = false},
          {.inputs = {Array(std::int64_t{0})},
           .attributes = {{"classes", 2}, {"dtype", boolean}},
           .outputs = {Array({2}, std::vector<bool>{true, false})},
           .gradient = false},
          {.inputs = {Array(i64, {0})},
           .attributes = {{"classes", 2}, {"dtype", f32}},
           .outputs = {Array(f32, {0, 2})},
           .gradient = false}};
}

}  // namespace

Tensor one_hot(const Operand& indices, std::int64_t classes, DType dtype) {
  const Call call("one_hot", {indices});
  return call.make("one_hot", {call.tensor(indices)}, {{"classes", classes}, {"dtype", dtype}});
}

namespace ops {
std::vector<OpDef> one_hot() {
  return {{
      .name = "one_hot",
      .summary = "1 where the last axis' position equals the index, else 0.",
      .inputs = {{"indices", "[...]", "i32 or i64"}},
      .outputs = {{"y", "[..., classes]", "the attribute"}},
      .attributes = {{"classes", AttributeType::integer, "the size of the new axis"},
                     {"dtype", AttributeType::dtype, "the result's type"}},
      .infer = one_hot_infer,
      .decompose = one_hot_body,
      .no_gradient = "depends on integers alone",
      .source = "https://onnx.ai/onnx/operators/onnx__OneHot.html",
      .samples = one_hot_samples,
  }};
}
}  // namespace ops

}  // namespace asg
