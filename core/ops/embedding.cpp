#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types embedding_infer(const Signature& call) {
  call.require_type(call.dtype(0) == i32 || call.dtype(0) == i64, "indices must be i32 or i64");
  call.require_type(is_float(call.dtype(1)), "the weight must be float");
  call.require(call.shape(1).rank() == 2, "the weight must be [rows, features]");
  Ints shape = call.shape(0).to_vector();
  shape.push_back(call.shape(1)[1]);
  return {{call.dtype(1), rules::checked_shape(call, shape)}};
}

Tensors embedding_body(const OpCall& call) { return {gather(call.in(1), call.in(0), 0)}; }

Tensors embedding_gradient(const GradientCall& call) {
  const std::int64_t rows = call.in(1).shape()[0];
  return {{}, apply(find_op("embedding_backward"), {call.dy(), call.in(0)}, {{"rows", rows}})};
}

Types embedding_infer_backward(const Signature& call) {
  call.require_type(is_float(call.dtype(0)), "dy must be float");
  call.require_type(call.dtype(1) == i32 || call.dtype(1) == i64, "indices must be i32 or i64");
  const Shape& dy = call.shape(0);
  call.require(dy.rank() == call.shape(1).rank() + 1 && dy.slice(0, dy.rank() - 1) == call.shape(1),
               "dy must have one row for each index");
  call.require(call.attributes.integer("rows") >= 0, "rows must not be negative");
  return {{call.dtype(0), {call.attributes.integer("rows"), dy.back()}}};
}

// Rows that were read several times add up.
Tensors embedding_backward(const OpCall& call) {
  const Tensor& dy = call.in(0);
  const Shape table = {call.attributes.integer("rows"), dy.shape().back()};
  const Tensor zero = zeros(dy.graph(), table, dy.dtype());
  return {scatter(zero, call.in(1), dy, 0, "add")};
}

std::vector<Sample> embedding_samples() {
  const Array weight({3, 2}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5});
  return {{.inputs = {Array({4}, std::vector<std::int64_t>{2, 0, 2, 1}), weight},
           .outputs = {Array({4, 2}, {3.5, -2.5, 0.5, -1.0, 3.5, -2.5, 2.0, 3.0})}},
          {.inputs = {Array({1, 2}, std::vector<std::int32_t>{1, 1}), weight},
           .outputs = {Array({1, 2, 2}, {2.0, 3.0, 2.0, 3.0})}},
          {.inputs = {Array(std::int64_t{2}), weight}, .outputs = {Array({2}, {3.5, -2.5})}},
          {.inputs = {Array(i64, {0}), weight}, .outputs = {Array(f64, {0, 2})}}};
}

std::vector<Sample> embedding_backward_samples() {
  const Array dy({4, 2}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0});
  return {
      {.inputs = {dy, Array({4}, std::vector<std::int64_t>{2, 0, 2, 1})},
       .attributes = {{"rows", 4}},
       .outputs = {Array({4, 2}, {3.0, 4.0, 7.0, 8.0, 6.0, 8.0, 0.0, 0.0})}},
      {.inputs = {spread({2, 3, 2}), Array({2, 3}, std::vector<std::int32_t>{1, 1, 0, 1, 2, 2})},
       .attributes = {{"rows", 3}}},
      {.inputs = {spread({0, 2}), Array(i64, {0})},
       .attributes = {{"rows", 2}},
       .outputs = {Array::zeros(f64, {2, 2})}}};
}

}  // namespace

Tensor embedding(const Operand& indices, const Operand& weight) {
  const Call call("embedding", {indices, weight});
  return call.make("embedding", {call.tensor(indices, i64), call.tensor(weight)});
}

namespace ops {
std::vector<OpDef> embedding() {
  return {
      {
          .name = "embedding",
          .summary = "Rows of a table.",
          .inputs = {{"indices", "[...]", "i32 or i64"}, {"weight", "[N, D]", "float"}},
          .outputs = {{"y", "[..., D]", "as weight"}},
          .infer = embedding_infer,
          .gradient = embedding_gradient,
          .decompose = embedding_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html",
          .samples = embedding_samples,
      },
      {
          .name = "embedding_backward",
          .summary = "The gradient of embedding's table: each row is the sum of the dy that "
                     "were read from it.",
          .inputs = {{"dy", "[..., D]", "float"}, {"indices", "[...]", "i32 or i64"}},
          .outputs = {{"dweight", "[rows, D]", "as dy"}},
          .attributes = {{"rows", AttributeType::integer, "the number of rows of the table"}},
          .infer = embedding_infer_backward,
          .decompose = embedding_backward,
          .samples = embedding_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
