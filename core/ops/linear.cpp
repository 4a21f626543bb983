#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// Inputs x [..., in], weight [out, in], bias? [out].
Types linear_infer(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  call.require(call.shape(1).rank() == 2, "the weight must be [out, in]");
  call.require(call.shape(0).rank() >= 1, "x needs at least one axis");
  const std::int64_t out = call.shape(1)[0];
  call.require(call.shape(0).back() == call.shape(1)[1],
               "the last axis of x must have the size of the weight's last axis");
  if (call.has(2)) call.require(call.shape(2) == Shape{out}, "the bias must be [out]");
  Shape result = call.shape(0);
  result[result.rank() - 1] = out;
  return {{call.dtype(0), result}};
}

// All leading axes as one: a single matrix product, however they are nested.
Tensor as_rows(const Tensor& x) {
  const Shape shape = x.shape();
  return reshape(x, {shape.slice(0, shape.rank() - 1).numel(), shape.back()});
}

Tensors linear_body(const OpCall& call) {
  Shape result = call.in(0).shape();
  result[result.rank() - 1] = call.in(1).shape()[0];
  Tensor y = matmul(as_rows(call.in(0)), transpose(call.in(1)));
  if (call.has(2)) y = y + call.in(2);
  return {reshape(y, result)};
}

Tensors linear_gradient(const GradientCall& call) {
  const Shape shape = call.in(0).shape();
  const Tensor dy = as_rows(call.dy());
  const Tensor dx = reshape(matmul(dy, call.in(1)), shape);
  const Tensor dweight = matmul(transpose(dy), as_rows(call.in(0)));
  if (call.inputs.size() < 3) return {dx, dweight};
  return {dx, dweight, sum(dy, 0)};
}

std::vector<Sample> linear_samples() {
  const Array weight({2, 3}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5});
  const Array bias({2}, {10.0, -20.0});
  return {{.inputs = {Array({3}, {1.0, 2.0, 3.0}), weight, bias},
           .outputs = {Array({2}, {14.5, -17.5})}},
          {.inputs = {Array({2, 3}, {1.0, 2.0, 3.0, -1.0, 0.0, 1.0}), weight},
           .outputs = {Array({2, 2}, {4.5, 2.5, 1.5, -5.5})}},
          {.inputs = {Array({2, 1, 3}, {1.0, 2.0, 3.0, -1.0, 0.0, 1.0}), weight, bias},
           .outputs = {Array({2, 1, 2}, {14.5, -17.5, 11.5, -25.5})}},
          {.inputs = {spread({2, 3, 4, 5}), spread({3, 5}, -1, 1, 1), spread({3}, -1, 1, 2)}},
          {.inputs = {spread({0, 3}), weight, bias}, .outputs = {Array(f64, {0, 2})}},
          {.inputs = {spread({2, 0}), spread({2, 0}), bias},
           .outputs = {Array({2, 2}, {10.0, -20.0, 10.0, -20.0})}}};
}

}  // namespace

Tensor linear(const Operand& x, const Operand& weight) {
  const Call call("linear", {x, weight});
  const Tensors t = operands::of_one_float("linear", call, {x, weight});
  return call.make("linear", {call.as_float(t[0]), call.as_float(t[1])});
}

Tensor linear(const Operand& x, const Operand& weight, const Operand& bias) {
  const Call call("linear", {x, weight, bias});
  const Tensors t = operands::of_one_float("linear", call, {x, weight, bias});
  return call.make("linear", {call.as_float(t[0]), call.as_float(t[1]), call.as_float(t[2])});
}

namespace ops {
std::vector<OpDef> linear() {
  return {{
      .name = "linear",
      .summary = "x times the transposed weight, plus bias.",
      .inputs = {{"x", "[..., in]", "float"},
                 {"weight", "[out, in]", "as x"},
                 {"bias", "[out]", "as x", true}},
      .outputs = {{"y", "[..., out]", "as x"}},
      .infer = linear_infer,
      .gradient = linear_gradient,
      .decompose = linear_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html",
      .samples = linear_samples,
  }};
}
}  // namespace ops

}  // namespace asg
