#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/norm_rules.hpp"
#include "ops/reduce_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// Inputs x, weight?, bias?; outputs y, shift, rstd. The shift is the mean less the row's first
// element: of a row far from 0 the mean itself would have lost what the backward pass needs.
Types layer_norm_infer(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  const int n = norm::rank(call, call.shape(0));
  for (std::size_t i = 1; i < call.inputs.size(); ++i)
    norm::require_parameter(call, i, call.shape(0), n);
  const TensorType row = norm::row(call.in(0), n);
  return {call.in(0), row, row};
}

Tensors layer_norm_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const int n = static_cast<int>(call.attributes.integer("normalized_rank"));
  const Axes axes = norm::trailing(x.rank(), n);
  const Shape rows = norm::row(x.type(), n).shape;
  const Tensor shifted = x - reduced::anchor(x, axes);
  const Tensor shift = mean(shifted, axes, true);
  const Tensor centred = shifted - shift;
  const Tensor variance = mean(square(centred), axes, true);
  const Tensor rstd = rsqrt(variance + call.attributes.number("eps"));
  Tensor y = centred * rstd;
  if (call.has(1)) y = y * call.in(1);
  if (call.has(2)) y = y + call.in(2);
  return {y, reshape(shift, rows), reshape(rstd, rows)};
}

// x less the mean of its rows, from their shift.
Tensor centred(const Tensor& x, const Tensor& shift, int n) {
  return x - reduced::anchor(x, norm::trailing(x.rank(), n)) - norm::over_rows(shift, n);
}

Tensors layer_norm_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const int n = static_cast<int>(call.attributes.integer("normalized_rank"));
  const Shape shape = x.shape();
  const Shape inner = shape.slice(shape.rank() - n, shape.rank());
  const bool has_weight = call.inputs.size() > 1;
  Tensors result(call.inputs.size());
  Tensor dx;
  if (call.dy(0).defined()) {
    const Tensor weight = has_weight ? call.in(1) : ones(x.graph(), inner, x.dtype());
    Graph& graph = x.graph();
    const Tensors parts = graph.add(
        find_op("layer_norm_backward"), Tensors{call.dy(0), x, weight, call.out(1), call.out(2)},
        {{"normalized_rank", call.attributes.integer("normalized_rank")}});
    dx = parts[0];
    if (has_weight) result[1] = parts[1];
    if (call.inputs.size() > 2) result[2] = parts[2];
  }
  // The statistics are outputs as well: shift' = 1/N, less 1 for the first element, and rstd' =
  // -rstd^3 (x - mean) / N.
  const auto count = static_cast<double>(inner.numel());
  const auto contribute = [&](const Tensor& part) { dx = dx.defined() ? dx + part : part; };
  if (call.dy(1).defined() && x.numel() > 0) {
    contribute(broadcast_to(norm::over_rows(call.dy(1) / count, n), shape));
    contribute(reduced::at_anchor(norm::over_rows(-call.dy(1), n), shape));
  }
  if (call.dy(2).defined()) {
    const Tensor rstd = call.out(2);
    const Tensor factor = norm::over_rows(call.dy(2) * rstd * square(rstd) / -count, n);
    contribute(factor * centred(x, call.out(1), n));
  }
  result[0] = dx;
  return result;
}

// Inputs dy, x, weight, shift, rstd; outputs dx, dweight, dbias.
Types layer_norm_infer_backward(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  const int n = norm::rank(call, call.shape(1));
  call.require(call.shape(0) == call.shape(1), "dy must have x's shape");
  norm::require_parameter(call, 2, call.shape(1), n);
  const Shape row = norm::row(call.in(1), n).shape;
  call.require(call.shape(3) == row && call.shape(4) == row,
               "shift and rstd must have the leading axes of x");
  return {call.in(1), call.in(2), call.in(2)};
}

Tensors layer_norm_backward(const OpCall& call) {
  const Tensor& dy = call.in(0);
  const Tensor& x = call.in(1);
  const int n = static_cast<int>(call.attributes.integer("normalized_rank"));
  const Axes axes = norm::trailing(x.rank(), n);
  const Tensor rstd = norm::over_rows(call.in(4), n);
  const Tensor normalised = centred(x, call.in(3), n) * rstd;
  const Tensor g = dy * call.in(2);
  const Tensor dx =
      rstd * (g - mean(g, axes, true) - normalised * mean(g * normalised, axes, true));
  return {dx, norm::sum_rows(dy * normalised, n), norm::sum_rows(dy, n)};
}

// torch.nn.functional.layer_norm in float64.
std::vector<Sample> layer_norm_samples() {
  const Attributes last = {{"normalized_rank", 1}, {"eps", 1e-5}};
  const Attributes last_two = {{"normalized_rank", 2}, {"eps", 1e-3}};
  const Array x({2, 3}, {0.5, -1.0, 2.0, 3.0, 3.0, -2.5});
  const Array weight({3}, {1.5, -0.5, 2.0});
  const Array bias({3}, {0.25, 0.5, -1.0});
  std::vector<Sample> result = {
      {.inputs = {x},
       .attributes = last,
       .outputs = {Array({2, 3}, {0.0, -1.2247407889290967, 1.2247407889290967, 0.7071062552399418,
                                  0.7071062552399418, -1.4142125104798837}),
                   Array({2}, {0.0, -1.8333333333333333}),
                   Array({2}, {0.8164938592860644, 0.38569432103996826})}},
      {.inputs = {x, weight},
       .attributes = last,
       .outputs = {Array({2, 3}, {0.0, 0.6123703944645483, 2.4494815778581933, 1.0606593828599127,
                                  -0.3535531276199709, -2.8284250209597674}),
                   Array({2}, {0.0, -1.8333333333333333}),
                   Array({2}, {0.8164938592860644, 0.38569432103996826})}},
      {.inputs = {x, weight, bias},
       .attributes = last,
       .outputs = {Array({2, 3}, {0.25, 1.1123703944645484, 1.4494815778581933, 1.3106593828599127,
                                  0.14644687238002912, -3.8284250209597674}),
                   Array({2}, {0.0, -1.8333333333333333}),
                   Array({2}, {0.8164938592860644, 0.38569432103996826})}},
      {.inputs = {x, Array({2, 3}, {1.0, 2.0, 3.0, -1.0, 0.5, 0.0})},
       .attributes = last_two,
       .outputs = {Array({2, 3}, {-0.16220221411101873, -1.7842243552212063, 1.7031232481656968,
                                  -1.0543143917216218, 0.5271571958608109, 0.0}),
                   Array(0.3333333333333333), Array(0.4866066423330562)}},
      {.inputs = {spread({2, 3, 4}, -2, 2), spread({3, 4}, -1, 1, 1), spread({3, 4}, -1, 1, 2)},
       .attributes = last_two},
      {.inputs = {spread({2, 1, 5}, -2, 2), spread({5}, -1, 1, 1)}, .attributes = last},
      {.inputs = {spread({6}, -2, 2), spread({6}, -1, 1, 1), spread({6}, -1, 1, 2)},
       .attributes = last},
      {.inputs = {spread({0, 3}, -2, 2), spread({3}, -1, 1, 1), spread({3}, -1, 1, 2)},
       .attributes = last}};
  Sample constant = kink({Array({2, 3}, {1e30, 1e30, 1e30, 0.1, 0.1, 0.1}), weight, bias},
                         Array({2, 3}, {0.25, 0.5, -1.0, 0.25, 0.5, -1.0}));
  constant.attributes = last;
  constant.outputs.push_back(Array({2}, {0.0, 0.0}));
  constant.outputs.push_back(Array({2}, {316.22776601683796, 316.22776601683796}));
  result.push_back(constant);
  return result;
}

std::vector<Sample> layer_norm_backward_samples() {
  std::vector<Sample> result;
  for (const auto& [shape, n] :
       std::vector<std::pair<Shape, int>>{{{4, 3}, 1}, {{2, 3, 4}, 2}, {{5}, 1}, {{0, 3}, 1}}) {
    const Shape inner = shape.slice(shape.rank() - n, shape.rank());
    const Shape outer = shape.slice(0, shape.rank() - n);
    result.push_back(
        {.inputs = {spread(shape, -2, 2, 1), spread(shape, -2, 2, 2), spread(inner, -1, 1, 3),
                    spread(outer, -1, 1, 4), spread(outer, 0.5, 2, 5)},
         .attributes = {{"normalized_rank", n}}});
  }
  return result;
}

}  // namespace

Tensor layer_norm(const Operand& x, const Shape& normalized_shape, const Tensor& weight,
                  const Tensor& bias, double eps) {
  const Call call("layer_norm", {x});
  const Tensor t = call.as_float(call.tensor(x));
  const int rank = norm::checked_rank(call, t, normalized_shape);
  Tensors inputs = {t};
  if (weight.defined() || bias.defined())
    inputs.push_back(weight.defined() ? weight : ones(call.graph(), normalized_shape, t.dtype()));
  if (bias.defined()) inputs.push_back(bias);
  return call.make_all("layer_norm", inputs, {{"normalized_rank", rank}, {"eps", eps}})[0];
}

namespace ops {
std::vector<OpDef> layer_norm() {
  const AttributeDef normalized_rank = {"normalized_rank", AttributeType::integer,
                                        "how many trailing axes are normalised"};
  return {
      {
          .name = "layer_norm",
          .summary = "(x - mean) * rstd * weight + bias over the trailing axes, with rstd = 1 / "
                     "sqrt(variance + eps) and shift = mean - the row's first element.",
          .inputs = {{"x", "[..., N...]", "float"},
                     {"weight", "[N...]", "as x", true},
                     {"bias", "[N...]", "as x", true}},
          .outputs = {{"y", "as x", "as x"}, {"shift", "[...]", "as x"}, {"rstd", "[...]", "as x"}},
          .attributes = {normalized_rank, {"eps", AttributeType::number, "added to the variance"}},
          .infer = layer_norm_infer,
          .gradient = layer_norm_gradient,
          .decompose = layer_norm_body,
          .source = "https://arxiv.org/abs/1607.06450",
          .samples = layer_norm_samples,
      },
      {
          .name = "layer_norm_backward",
          .summary = "The gradients of layer_norm's x, weight and bias from dy and the saved "
                     "statistics.",
          .inputs = {{"dy", "[..., N...]", "float"},
                     {"x", "as dy", "as dy"},
                     {"weight", "[N...]", "as dy"},
                     {"shift", "[...]", "as dy"},
                     {"rstd", "[...]", "as dy"}},
          .outputs = {{"dx", "as dy", "as dy"},
                      {"dweight", "[N...]", "as dy"},
                      {"dbias", "[N...]", "as dy"}},
          .attributes = {normalized_rank},
          .infer = layer_norm_infer_backward,
          .decompose = layer_norm_backward,
          .samples = layer_norm_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
