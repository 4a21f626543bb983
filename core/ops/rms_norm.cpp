#include <limits>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/norm_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// Inputs x, weight?; outputs y, rstd.
Types rms_norm_infer(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  const int n = norm::rank(call, call.shape(0));
  if (call.has(1)) norm::require_parameter(call, 1, call.shape(0), n);
  return {call.in(0), norm::row(call.in(0), n)};
}

Tensors rms_norm_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const int n = static_cast<int>(call.attributes.integer("normalized_rank"));
  const Shape rows = norm::row(x.type(), n).shape;
  const Tensor mean_square = mean(square(x), norm::trailing(x.rank(), n), true);
  const Tensor rstd = rsqrt(mean_square + call.attributes.number("eps"));
  const Tensor y = x * rstd;
  return {call.has(1) ? y * call.in(1) : y, reshape(rstd, rows)};
}

Tensors rms_norm_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const int n = static_cast<int>(call.attributes.integer("normalized_rank"));
  const Shape shape = x.shape();
  const Shape inner = shape.slice(shape.rank() - n, shape.rank());
  const bool has_weight = call.inputs.size() > 1;
  Tensors result(call.inputs.size());
  Tensor dx;
  if (call.dy(0).defined()) {
    Graph& graph = x.graph();
    const Tensor weight = has_weight ? call.in(1) : ones(graph, inner, x.dtype());
    const Tensors parts =
        graph.add(find_op("rms_norm_backward"), Tensors{call.dy(0), x, weight, call.out(1)},
                  {{"normalized_rank", call.attributes.integer("normalized_rank")}});
    dx = parts[0];
    if (has_weight) result[1] = parts[1];
  }
  if (call.dy(1).defined()) {  // rstd' = -rstd^3 x / N
    const Tensor& rstd = call.out(1);
    const auto count = static_cast<double>(inner.numel());
    const Tensor part = x * norm::over_rows(call.dy(1) * rstd * square(rstd) / -count, n);
    dx = dx.defined() ? dx + part : part;
  }
  result[0] = dx;
  return result;
}

// Inputs dy, x, weight, rstd; outputs dx, dweight.
Types rms_norm_infer_backward(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  const int n = norm::rank(call, call.shape(1));
  call.require(call.shape(0) == call.shape(1), "dy must have x's shape");
  norm::require_parameter(call, 2, call.shape(1), n);
  call.require(call.shape(3) == norm::row(call.in(1), n).shape,
               "rstd must have the leading axes of x");
  return {call.in(1), call.in(2)};
}

Tensors rms_norm_backward(const OpCall& call) {
  const Tensor& dy = call.in(0);
  const Tensor& x = call.in(1);
  const int n = static_cast<int>(call.attributes.integer("normalized_rank"));
  const Tensor rstd = norm::over_rows(call.in(3), n);
  const Tensor normalised = x * rstd;
  const Tensor g = dy * call.in(2);
  const Tensor along = mean(g * normalised, norm::trailing(x.rank(), n), true);
  return {rstd * (g - normalised * along), norm::sum_rows(dy * normalised, n)};
}

// The formula in float64, by NumPy.
std::vector<Sample> rms_norm_samples() {
  const Attributes last = {{"normalized_rank", 1}, {"eps", 1e-5}};
  const Attributes last_two = {{"normalized_rank", 2}, {"eps", 1e-3}};
  const Array x({2, 3}, {0.5, -1.0, 2.0, 3.0, 3.0, -2.5});
  std::vector<Sample> result = {
      {.inputs = {x},
       .attributes = last,
       .outputs = {Array({2, 3}, {0.37796339311536103, -0.7559267862307221, 1.5118535724614441,
                                  1.0551780344817463, 1.0551780344817463, -0.8793150287347885}),
                   Array({2}, {0.7559267862307221, 0.3517260114939154})}},
      {.inputs = {x, Array({3}, {1.5, -0.5, 2.0})},
       .attributes = last,
       .outputs = {Array({2, 3}, {0.5669450896730416, 0.37796339311536103, 3.0237071449228883,
                                  1.5827670517226196, -0.5275890172408731, -1.758630057469577}),
                   Array({2}, {0.7559267862307221, 0.3517260114939154})}},
      {.inputs = {x},
       .attributes = last_two,
       .outputs = {Array({2, 3}, {0.22547088032455684, -0.4509417606491137, 0.9018835212982274,
                                  1.352825281947341, 1.352825281947341, -1.127354401622784}),
                   Array(0.4509417606491137)}},
      {.inputs = {spread({2, 3, 4}, -2, 2), spread({3, 4}, -1, 1, 1)}, .attributes = last_two},
      {.inputs = {spread({2, 1, 5}, -2, 2), spread({5}, -1, 1, 1)}, .attributes = last},
      {.inputs = {spread({6}, -2, 2)}, .attributes = last},
      {.inputs = {spread({0, 3}, -2, 2), spread({3}, -1, 1, 1)}, .attributes = last}};
  return result;
}

std::vector<Sample> rms_norm_backward_samples() {
  std::vector<Sample> result;
  for (const auto& [shape, n] :
       std::vector<std::pair<Shape, int>>{{{4, 3}, 1}, {{2, 3, 4}, 2}, {{5}, 1}, {{0, 3}, 1}}) {
    const Shape inner = shape.slice(shape.rank() - n, shape.rank());
    const Shape outer = shape.slice(0, shape.rank() - n);
    result.push_back({.inputs = {spread(shape, -2, 2, 1), spread(shape, -2, 2, 2),
                                 spread(inner, -1, 1, 3), spread(outer, 0.5, 2, 4)},
                      .attributes = {{"normalized_rank", n}}});
  }
  return result;
}

}  // namespace

Tensor rms_norm(const Operand& x, const Shape& normalized_shape, const Tensor& weight,
                std::optional<double> eps) {
  const Call call("rms_norm", {x});
  const Tensor t = call.as_float(call.tensor(x));
  const int rank = norm::checked_rank(call, t, normalized_shape);
  const double epsilon = t.dtype() == f64 ? std::numeric_limits<double>::epsilon()
                                          : std::numeric_limits<float>::epsilon();
  Tensors inputs = {t};
  if (weight.defined()) inputs.push_back(weight);
  return call.make_all("rms_norm", inputs,
                       {{"normalized_rank", rank}, {"eps", eps.value_or(epsilon)}})[0];
}

namespace ops {
std::vector<OpDef> rms_norm() {
  const AttributeDef normalized_rank = {"normalized_rank", AttributeType::integer,
                                        "how many trailing axes are normalised"};
  return {{
              .name = "rms_norm",
              .summary = "x * rstd * weight over the trailing axes, with rstd = 1 / sqrt(mean(x^2) "
                         "+ eps).",
              .inputs = {{"x", "[..., N...]", "float"}, {"weight", "[N...]", "as x", true}},
              .outputs = {{"y", "as x", "as x"}, {"rstd", "[...]", "as x"}},
              .attributes = {normalized_rank,
                             {"eps", AttributeType::number, "added to the mean square"}},
              .infer = rms_norm_infer,
              .gradient = rms_norm_gradient,
              .decompose = rms_norm_body,
              .source = "https://arxiv.org/abs/1910.07467",
              .samples = rms_norm_samples,
          },
          {
              .name = "rms_norm_backward",
              .summary = "The gradients of rms_norm's x and weight from dy and the saved rstd.",
              .inputs = {{"dy", "[..., N...]", "float"},
                         {"x", "as dy", "as dy"},
                         {"weight", "[N...]", "as dy"},
                         {"rstd", "[...]", "as dy"}},
              .outputs = {{"dx", "as dy", "as dy"}, {"dweight", "[N...]", "as dy"}},
              .attributes = {normalized_rank},
              .infer = rms_norm_infer_backward,
              .decompose = rms_norm_backward,
              .samples = rms_norm_backward_samples,
          }};
}
}  // namespace ops

}  // namespace asg
