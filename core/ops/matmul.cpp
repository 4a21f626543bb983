#include <fmt/format.h>

#include <asg/sdk/backend.h>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types matmul_infer(const Signature& call) {
  const Shape& a = call.shape(0);
  const Shape& b = call.shape(1);
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  call.require(a.rank() >= 2 && a.rank() == b.rank(), "both need one rank, at least 2");
  const int batch = a.rank() - 2;
  call.require(a.slice(0, batch) == b.slice(0, batch), "the batch axes must be equal");
  call.require(a[batch + 1] == b[batch],
               "the last axis of a and the last but one of b must be equal");
  Shape shape = a;
  shape[batch + 1] = b[batch + 1];
  return {{call.dtype(0), shape}};
}

Tensors matmul_gradient(const GradientCall& call) {
  return {matmul(call.dy(), transpose(call.in(1))), matmul(transpose(call.in(0)), call.dy())};
}

// By definition, in one chain of sums.
Array product(const Array& a, const Array& b) {
  const int batch = a.shape().rank() - 2;
  const std::int64_t count = a.shape().slice(0, batch).numel();
  const std::int64_t m = a.shape()[batch];
  const std::int64_t k = a.shape()[batch + 1];
  const std::int64_t n = b.shape()[batch + 1];
  Shape shape = a.shape();
  shape[batch + 1] = n;
  Array y = Array::zeros(f64, shape);
  for (std::int64_t i = 0; i < count * m; ++i)
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t p = 0; p < k; ++p)
        y.set(i * n + j, y.get(i * n + j) + a.get(i * k + p) * b.get(i / m * k * n + p * n + j));
  return y;
}

std::vector<Sample> matmul_samples() {
  std::vector<Sample> matmul_samples = {
      {.inputs = {Array({2, 2}, {1.0, 2.0, 3.0, 4.0}), Array({2, 2}, {5.0, 6.0, 7.0, 8.0})},
       .outputs = {Array({2, 2}, {19.0, 22.0, 43.0, 50.0})}}};
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{1, 1}, {1, 1}},       {{3, 4}, {4, 2}},
      {{0, 2}, {2, 3}},       {{2, 0}, {0, 3}},
      {{2, 3}, {3, 0}},       {{2, 3, 4}, {2, 4, 5}},
      {{0, 2, 3}, {0, 3, 2}}, {{2, 3, 1, 4}, {2, 3, 4, 2}}};
  for (const auto& [a, b] : shapes) {
    const Array left = spread(a, -2, 2, 1);
    const Array right = spread(b, -2, 2, 2);
    matmul_samples.push_back({.inputs = {left, right}, .outputs = {product(left, right)}});
  }
  return matmul_samples;
}

}  // namespace

Tensor matmul(const Operand& a, const Operand& b) {
  const Call call("matmul", {a, b});
  const Tensors both = operands::of_one_float("matmul", call, {a, b});
  Tensor left = call.as_float(both[0]);
  Tensor right = call.as_float(both[1]);
  const bool row = left.rank() == 1;
  const bool column = right.rank() == 1;
  call.require(left.rank() > 0 && right.rank() > 0, "a scalar has no axis to sum over; use *");
  if (row) left = unsqueeze(left, 0);
  if (column) right = unsqueeze(right, 1);
  if (left.size(-1) != right.size(-2))
    call.fail(fmt::format("inner axes differ: {} columns of a meet {} rows of b", left.size(-1),
                          right.size(-2)));

  Tensor y;
  if (right.rank() == 2 && left.rank() > 2) {
    // One product of all rows, not one for each batch entry.
    Shape shape = left.shape();
    const std::int64_t rows = shape.slice(0, shape.rank() - 1).numel();
    y = call.make("matmul", {reshape(left, {rows, shape.back()}), right});
    shape[shape.rank() - 1] = right.size(1);
    y = reshape(y, shape);
  } else {
    const Tensors matrices = operands::with_common_batch(call, left, right);
    y = call.make("matmul", {matrices[0], matrices[1]});
  }
  if (column) y = squeeze(y, -1);
  if (row) y = squeeze(y, column ? -1 : -2);
  return y;
}

namespace ops {
std::vector<OpDef> matmul() {
  return {{
      .name = "matmul",
      .summary = "The matrix product over the last two axes, for each batch entry.",
      .inputs = {{"a", "[..., M, K]", "float"}, {"b", "[..., K, N]", "as a"}},
      .outputs = {{"y", "[..., M, N]", "as a"}},
      .infer = matmul_infer,
      .gradient = matmul_gradient,
      .lowering = {.kernel = ASG_OP_MATMUL},
      .source = "https://onnx.ai/onnx/operators/onnx__MatMul.html",
      .samples = matmul_samples,
  }};
}
}  // namespace ops

}  // namespace asg
