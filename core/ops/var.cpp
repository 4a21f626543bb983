#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/reduce_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types var_infer(const Signature& call) { return {reduced::float_type(call)}; }

// Two passes: the mean of squares minus the square of the mean loses all digits of a small spread.
Tensors var_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const Axes axes(call.attributes.integers("axes"));
  const Tensor squares = square(reduced::centred(x, axes));
  return {(axes.empty() ? squares : sum(squares, axes)) /
          reduced::divisor(x.shape(), call.attributes)};
}

Tensors var_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Shape shape = x.shape();
  const Axes axes(call.attributes.integers("axes"));
  const Tensor factor = call.dy() * (2 / reduced::divisor(shape, call.attributes));
  return {reduced::centred(x, axes) * reduced::restore(factor, shape, axes)};
}

// torch.var in float64.
std::vector<Sample> var_samples() {
  const Array x({2, 3}, {0.5, -1.0, 2.0, 3.0, 3.5, -2.5});
  const auto options = [](Ints axes, int correction) {
    return Attributes{{"axes", axes}, {"correction", correction}};
  };
  Sample single = kink({Array({1, 2}, {4.0, 5.0})}, Array({2}, {std::nan(""), std::nan("")}));
  single.attributes = options({0}, 1);
  // A large offset: the two-pass formula keeps what one pass would lose.
  Sample offset = kink({Array({3}, {1e8, 1e8 + 1, 1e8 + 2})}, Array(1.0));
  offset.attributes = options({0}, 1);
  return {
      {.inputs = {x}, .attributes = options({1}, 1), .outputs = {Array({2}, {2.25, 133.0 / 12})}},
      {.inputs = {x}, .attributes = options({1}, 0), .outputs = {Array({2}, {1.5, 133.0 / 18})}},
      {.inputs = {x},
       .attributes = options({0}, 1),
       .outputs = {Array({3}, {3.125, 10.125, 10.125})}},
      {.inputs = {x}, .attributes = options({0, 1}, 1), .outputs = {Array(5.541666666666666)}},
      {.inputs = {Array(3.5)}, .attributes = options({}, 0), .outputs = {Array(0.0)}},
      {.inputs = {spread({2, 3, 4, 1})}, .attributes = options({0, 2}, 1)},
      {.inputs = {spread({3, 0, 2})},
       .attributes = options({0}, 1),
       .outputs = {Array(f64, {0, 2})}},
      single,
      offset};
}

}  // namespace

Tensor var(const Operand& x, const Axes& axes, int correction, bool keepdims) {
  const Call call("var", {x});
  const Tensor t = call.as_float(call.tensor(x));
  const Ints all = call.axes(axes, t.rank());
  return reduced::keep(call.make("var", {t}, {{"axes", all}, {"correction", correction}}), t, all,
                       keepdims);
}

namespace ops {
std::vector<OpDef> var() {
  return {{
      .name = "var",
      .summary = "The squared distance from the mean, summed over the axes and divided by the "
                 "number of terms less the correction.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "without the axes", "as x"}},
      .attributes = {{"axes", AttributeType::integers, "the axes that disappear, sorted"},
                     {"correction", AttributeType::integer,
                      "1 for the unbiased estimate, 0 for the population's"}},
      .infer = var_infer,
      .gradient = var_gradient,
      .decompose = var_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.var.html",
      .samples = var_samples,
  }};
}
}  // namespace ops

}  // namespace asg
