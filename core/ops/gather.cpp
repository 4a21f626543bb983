#include <asg/sdk/backend.h>
#include <asg/ops/creation.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>

#include "ops/gather_shape.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types gather_infer(const Signature& call) { return {{call.dtype(0), gather_shape(call)}}; }

Tensors gather_gradient(const GradientCall& call) {
  return {apply(find_op("gather_backward"), {call.dy(), call.in(1)},
                {{"axis", call.attributes.axis("axis")},
                 {"batch_dims", call.attributes.axis("batch_dims")},
                 {"shape", call.in(0).shape().to_vector()}}),
          Tensor{}};
}

// Inputs dy, indices.
Types gather_infer_backward(const Signature& call) {
  const TensorType x{call.dtype(0), rules::shape(call)};
  const TensorType read[] = {x, call.in(1)};
  const Shape dy = gather_shape(Signature(call.op, read, call.attributes, call.origin));
  call.require(call.shape(0) == dy, "dy must have the shape of what was read");
  return {x};
}

// Elements that were read several times add up.
Tensors gather_backward(const OpCall& call) {
  const Tensor& dy = call.in(0);
  const Tensor zero = zeros(dy.graph(), call.attributes.shape("shape"), dy.dtype());
  return {scatter(zero, call.in(1), dy, call.attributes.axis("axis"), "add",
                  call.attributes.axis("batch_dims"))};
}

Tensors gather_gradient_backward(const GradientCall& call) {
  return {gather(call.dy(), call.in(1), call.attributes.axis("axis"),
                 call.attributes.axis("batch_dims")),
          Tensor{}};
}

std::vector<Sample> gather_samples() {
  const auto sample = [](const Array& x, const Array& indices, int axis, int batch_dims,
                         std::vector<Array> y = {}) {
    return Sample{.inputs = {x, indices},
                  .attributes = {{"axis", axis}, {"batch_dims", batch_dims}},
                  .outputs = std::move(y)};
  };
  const auto at = [](const Shape& shape, const Ints& indices) { return Array(shape, indices); };
  const Array row({3}, {1.0, 2.0, 3.0});
  const Array table({3, 2}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  return {
      sample(Array({2}, {true, false}), at({3}, {1, 0, 1}), 0, 0,
             {Array({3}, {false, true, false})}),
      sample(at({2}, {INT64_MIN, INT64_MAX}), at({1}, {1}), 0, 0, {at({1}, {INT64_MAX})}),
      sample(row, at({4}, {2, 0, 2, 1}), 0, 0, {Array({4}, {3.0, 1.0, 3.0, 2.0})}),
      sample(row, at({}, {1}), 0, 0, {Array(2.0)}),
      sample(row, at({0}, {}), 0, 0, {Array(f64, {0})}),
      sample(row, at({2}, {0, 2}).to(i32), 0, 0, {Array({2}, {1.0, 3.0})}),
      sample(table, at({2}, {2, 0}), 0, 0, {Array({2, 2}, {5.0, 6.0, 1.0, 2.0})}),
      sample(table, at({1, 2}, {1, 1}), 1, 0, {Array({3, 1, 2}, {2.0, 2.0, 4.0, 4.0, 6.0, 6.0})}),
      sample(table, at({3, 1}, {1, 0, 1}), 1, 1, {Array({3, 1}, {2.0, 3.0, 6.0})}),
      sample(table, at({3}, {1, 0, 1}), 1, 1, {Array({3}, {2.0, 3.0, 6.0})}),
      sample(Array(f64, {2, 0}), at({3}, {1, 0, 1}), 0, 0, {Array(f64, {3, 0})}),
      sample(spread({2, 3, 4, 2}), at({2, 3}, {3, 0, 3, 1, 1, 1}), 2, 1)};
}

std::vector<Sample> gather_backward_samples() {
  const auto sample = [](const Array& dy, const Array& indices, int axis, int batch_dims,
                         const Shape& shape, std::vector<Array> dx = {}) {
    return Sample{
        .inputs = {dy, indices},
        .attributes = {{"axis", axis}, {"batch_dims", batch_dims}, {"shape", shape.to_vector()}},
        .outputs = std::move(dx)};
  };
  const auto at = [](const Shape& shape, const Ints& indices) { return Array(shape, indices); };
  return {sample(Array({3}, {1.0, 2.0, 4.0}), at({3}, {2, 0, 2}), 0, 0, {3},
                 {Array({3}, {2.0, 0.0, 5.0})}),
          sample(Array(2.0), at({}, {1}), 0, 0, {2}, {Array({2}, {0.0, 2.0})}),
          sample(Array(f64, {0}), at({0}, {}), 0, 0, {2}, {Array({2}, {0.0, 0.0})}),
          sample(spread({2, 3, 3, 2}), at({2, 3}, {3, 0, 3, 1, 1, 1}).to(i32), 2, 1, {2, 3, 4, 2})};
}

}  // namespace

Shape gather_shape(const Signature& call) {
  const int axis = rules::axis(call);
  const std::int64_t batch_dims = call.attributes.integer("batch_dims");
  const Shape& x = call.shape(0);
  const Shape& indices = call.shape(1);
  call.require_type(call.dtype(1) == i32 || call.dtype(1) == i64, "indices must be i32 or i64");
  call.require(batch_dims >= 0 && batch_dims <= axis && batch_dims <= indices.rank(),
               "batch_dims must not exceed the axis or the rank of the indices");
  const int batch = static_cast<int>(batch_dims);
  call.require(x.slice(0, batch) == indices.slice(0, batch),
               "x and indices must agree in their first batch_dims axes");
  Ints sizes(x.begin(), x.begin() + axis);
  sizes.insert(sizes.end(), indices.begin() + batch, indices.end());
  sizes.insert(sizes.end(), x.begin() + axis + 1, x.end());
  return rules::checked_shape(call, sizes);
}

Tensor gather(const Operand& x, const Operand& indices, Axis axis, int batch_dims) {
  const Call call("gather", {x, indices});
  const Tensor from = call.tensor(x);
  return call.make("gather", {from, call.tensor(indices, i64)},
                   {{"axis", call.axis(axis, from.rank())}, {"batch_dims", batch_dims}});
}

namespace ops {
std::vector<OpDef> gather() {
  const AttributeDef axis{"axis", AttributeType::integer, "where N stands"};
  const AttributeDef batch_dims{"batch_dims", AttributeType::integer,
                                "how many leading axes x and indices share"};
  return {
      {
          .name = "gather",
          .summary = "Takes positions of one axis: y[b, p, i, q] = x[b, p, indices[b, i], q].",
          .inputs = {{"x", "[B..., P..., N, Q...]", "any"},
                     {"indices", "[B..., I...]", "i32, i64"}},
          .outputs = {{"y", "[B..., P..., I..., Q...]", "as x"}},
          .attributes = {axis, batch_dims},
          .infer = gather_infer,
          .gradient = gather_gradient,
          .lowering = {.kernel = ASG_OP_GATHER},
          .source = "https://onnx.ai/onnx/operators/onnx__Gather.html",
          .samples = gather_samples,
      },
      {
          .name = "gather_backward",
          .summary = "The gradient of gather's x: each element is the sum of the dy that were read "
                     "from it.",
          .inputs = {{"dy", "[B..., P..., I..., Q...]", "number"},
                     {"indices", "[B..., I...]", "i32, i64"}},
          .outputs = {{"dx", "[shape]", "as dy"}},
          .attributes = {axis, batch_dims, {"shape", AttributeType::integers, "the sizes of x"}},
          .infer = gather_infer_backward,
          .gradient = gather_gradient_backward,
          .decompose = gather_backward,
          .samples = gather_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
