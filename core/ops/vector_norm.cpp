#include <cmath>

#include <asg/ops/distance.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/reduce_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types vector_norm_infer(const Signature& call) {
  const double ord = call.attributes.number("ord");
  call.require_type(std::isfinite(ord) && ord != 0, "ord must be finite and not 0");
  TensorType type = reduced::float_type(call);
  call.require(ord > 0 || reduced::count(call.shape(0), call.attributes.integers("axes")) > 0,
               "of no elements there is no norm of a negative order");
  return {type};
}

Tensors vector_norm_body(const OpCall& call) {
  const double ord = call.attributes.number("ord");
  const Axes axes(call.attributes.integers("axes"));
  if (axes.empty()) return {abs(call.in(0))};
  if (ord == 2) return {sqrt(sum(square(call.in(0)), axes))};
  const Tensor powers = ord == 1 ? abs(call.in(0)) : pow(abs(call.in(0)), ord);
  return {ord == 1 ? sum(powers, axes) : pow(sum(powers, axes), 1 / ord)};
}

// sign(x) * (|x| / y)^(ord - 1). Where y is 0 it has no slope; its 0 has a 1 for a stand-in, so
// that no NaN is made that a mask would have to hide. The same goes for an x of 0 below order 2.
Tensors vector_norm_gradient(const GradientCall& call) {
  const double ord = call.attributes.number("ord");
  const Ints axes = call.attributes.integers("axes");
  const Tensor& x = call.in(0);
  const Shape shape = x.shape();
  const Tensor none = eq(call.out(), 0);
  const Tensor dy = reduced::restore(where(none, 0, call.dy()), shape, axes);
  if (ord == 1) return {sign(x) * dy};
  const Tensor ratio = x / reduced::restore(where(none, 1, call.out()), shape, axes);
  if (ord == 2) return {ratio * dy};
  if (ord > 2) return {ratio * pow(abs(ratio), ord - 2) * dy};
  const Tensor zero = eq(x, 0);
  return {where(zero, 0, sign(x) * pow(abs(where(zero, 1, ratio)), ord - 1)) * dy};
}

// torch.linalg.vector_norm in float64.
std::vector<Sample> vector_norm_samples() {
  const auto sample = [](const Array& x, double ord, const Ints& axes, std::vector<Array> y = {}) {
    return Sample{
        .inputs = {x}, .attributes = {{"ord", ord}, {"axes", axes}}, .outputs = std::move(y)};
  };
  const double inf = INFINITY, nan = std::nan("");
  const Array x({2, 2}, {3.0, -4.0, -6.0, 8.0});
  std::vector<Sample> samples = {
      sample(x, 2, {1}, {Array({2}, {5.0, 10.0})}),
      sample(x, 1, {1}, {Array({2}, {7.0, 14.0})}),
      sample(x, 2, {0, 1}, {Array(std::sqrt(125.0))}),
      sample(x, 3, {0}, {Array({2}, {std::cbrt(243.0), std::cbrt(576.0)})}),
      sample(
          x, 0.5, {1},
          {Array({2}, {std::pow(std::sqrt(3) + 2, 2), std::pow(std::sqrt(6) + std::sqrt(8), 2)})}),
      sample(x, -1, {1}, {Array({2}, {12.0 / 7, 24.0 / 7})}),
      sample(Array(f64, {2, 0}), 2, {1}, {Array({2}, {0.0, 0.0})}),
      sample(Array(f64, {0, 2}), 3, {1}, {Array(f64, {0})})};
  for (const double ord : {1.0, 1.5, 2.0, 3.0, 4.0, -2.0}) {
    samples.push_back(sample(Array(-1.5), ord, {}, {Array(1.5)}));
    samples.push_back(sample(Array({1}, {1.5}), ord, {0}, {Array(1.5)}));
    samples.push_back(sample(spread({2, 3, 2}), ord, {0, 2}));
  }
  std::vector<Sample> kinks = {
      sample(Array({2, 2}, {0.0, 0.0, 1e18, 1e18}), 2, {1},
             {Array({2}, {0.0, std::sqrt(2) * 1e18})}),
      sample(Array({3}, {0.0, 0.0, 0.0}), 3, {0}, {Array(0.0)}),
      sample(Array({2}, {0.0, 2.0}), -1, {0}, {Array(0.0)}),
      sample(Array({2, 2}, {inf, 1.0, nan, -inf}), 2, {1}, {Array({2}, {inf, nan})}),
      sample(Array({2, 2}, {inf, 1.0, nan, 1.0}), 3, {1}, {Array({2}, {inf, nan})})};
  for (Sample& kinked : kinks) kinked.gradient = false;
  return joined(samples, kinks);
}

}  // namespace

Tensor vector_norm(const Operand& x, double ord, const Axes& axes, bool keepdims) {
  const Call call("vector_norm", {x});
  const Tensor t = call.as_float(call.tensor(x));
  const Ints all = call.axes(axes, t.rank());
  if (ord == 0) {
    const Tensor counted = cast(ne(t, 0), t.dtype());
    return all.empty() ? counted : sum(counted, Axes(all), keepdims);
  }
  if (std::isinf(ord)) {
    call.require(reduced::count(t.shape(), all) > 0, "of no elements there is no infinite norm");
    return ord > 0 ? max(abs(t), Axes(all), keepdims) : min(abs(t), Axes(all), keepdims);
  }
  return reduced::keep(call.make("vector_norm", {t}, {{"ord", ord}, {"axes", all}}), t, all,
                       keepdims);
}

namespace ops {
std::vector<OpDef> vector_norm() {
  return {{
      .name = "vector_norm",
      .summary = "sum(|x|^ord)^(1 / ord) over the axes; its gradient is 0 where it is 0.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "without the axes", "as x"}},
      .attributes = {{"ord", AttributeType::number, "the order, finite and not 0"},
                     {"axes", AttributeType::integers, "the axes that disappear, sorted"}},
      .infer = vector_norm_infer,
      .gradient = vector_norm_gradient,
      .decompose = vector_norm_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html",
      .samples = vector_norm_samples,
  }};
}
}  // namespace ops

}  // namespace asg
