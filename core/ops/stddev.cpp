#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/reduce_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types stddev_infer(const Signature& call) { return {reduced::float_type(call)}; }

// As sqrt(var), of distances in units of the largest: squares leave the range of the type long
// before the root of their mean does.
Tensors stddev_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Ints axes = call.attributes.integers("axes");
  if (axes.empty() || reduced::count(x.shape(), axes) == 0)
    return {sqrt(apply(find_op("var"), {x}, call.attributes))};
  const Tensor far = reduced::centred(x, Axes(axes));
  const double left = reduced::divisor(x.shape(), call.attributes);
  const Tensor largest = max(abs(far), Axes(axes));
  const Tensor unit = where(is_finite(largest) && largest > 0, largest, 1);
  const Tensor scaled = far / reduced::restore(unit, x.shape(), axes);
  return {sqrt(sum(square(scaled), Axes(axes)) / left) * unit};
}

// (x - mean) / (y * (count - correction)); 0 where y is, whose place a 1 takes in the division.
Tensors stddev_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Shape shape = x.shape();
  const Ints axes = call.attributes.integers("axes");
  const double left = reduced::divisor(shape, call.attributes);
  const Tensor none = eq(call.out(), 0);
  const Tensor factor = where(none, 0, call.dy()) / (where(none, 1, call.out()) * left);
  return {reduced::centred(x, Axes(axes)) * reduced::restore(factor, shape, axes)};
}

// torch.std in float64.
std::vector<Sample> stddev_samples() {
  const auto sample = [](const Array& x, const Ints& axes, int correction,
                         std::vector<Array> y = {}) {
    return Sample{.inputs = {x},
                  .attributes = {{"axes", axes}, {"correction", correction}},
                  .outputs = std::move(y)};
  };
  const Array x({2, 3}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5});
  const double inf = INFINITY, nan = std::nan("");
  std::vector<Sample> kinks = {
      sample(Array({2, 3}, {4.0, 4.0, 4.0, 1.0, 1.0, 4.0}), {1}, 1,
             {Array({2}, {0.0, std::sqrt(3.0)})}),
      sample(Array({1, 2}, {4.0, 5.0}), {0}, 1, {Array({2}, {nan, nan})}),
      sample(Array({3}, {1e8, 1e8 + 1, 1e8 + 2}), {0}, 1, {Array(1.0)}),
      sample(Array({2, 2}, {1e30, -1e30, inf, 1.0}), {1}, 0, {Array({2}, {1e30, nan})}),
      sample(Array(3.5), {}, 0, {Array(0.0)})};
  for (Sample& kinked : kinks) kinked.gradient = false;
  return joined({sample(x, {1}, 1, {Array({2}, {1.5, std::sqrt(133.0 / 12)})}),
                 sample(x, {0, 1}, 0, {Array(std::sqrt(5.541666666666666 * 5 / 6))}),
                 sample(spread({2, 3, 4, 1}), {0, 2}, 1), sample(spread({5}), {0}, 0),
                 sample(spread({3, 0, 2}), {0}, 1, {Array(f64, {0, 2})})},
                kinks);
}

}  // namespace

Tensor stddev(const Operand& x, const Axes& axes, int correction, bool keepdims) {
  const Call call("stddev", {x});
  const Tensor t = call.as_float(call.tensor(x));
  const Ints all = call.axes(axes, t.rank());
  return reduced::keep(call.make("stddev", {t}, {{"axes", all}, {"correction", correction}}), t,
                       all, keepdims);
}

namespace ops {
std::vector<OpDef> stddev() {
  return {{
      .name = "stddev",
      .summary = "The square root of var; its gradient is 0 where all elements are equal.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "without the axes", "as x"}},
      .attributes = {{"axes", AttributeType::integers, "the axes that disappear, sorted"},
                     {"correction", AttributeType::integer,
                      "1 for the unbiased estimate, 0 for the population's"}},
      .infer = stddev_infer,
      .gradient = stddev_gradient,
      .decompose = stddev_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.std.html",
      .samples = stddev_samples,
  }};
}
}  // namespace ops

}  // namespace asg
