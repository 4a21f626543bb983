#include <cmath>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/ops/update.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types global_norm_infer(const Signature& call) {
  call.require_same_types();
  call.require_type(!call.inputs.empty() && is_float(call.dtype(0)), "needs float elements");
  return {{call.dtype(0), {}}};
}

Tensors global_norm_body(const OpCall& call) {
  Tensor total;
  for (const Tensor& x : call.inputs) {
    const Tensor squares = sum(square(x));
    total = total.defined() ? total + squares : squares;
  }
  return {sqrt(total)};
}

// x / norm; 0 at the origin.
Tensors global_norm_gradient(const GradientCall& call) {
  const Tensor factor = call.dy() / where(eq(call.out(), 0), 1, call.out());
  Tensors result;
  for (const Tensor& x : call.inputs) result.push_back(x * factor);
  return result;
}

std::vector<Sample> global_norm_samples() {
  return {{.inputs = {Array({2}, {3.0, 4.0})}, .outputs = {Array(5.0)}},
          {.inputs = {Array({2}, {2.0, 4.0}), Array(-5.0), Array({1, 1}, {2.0})},
           .outputs = {Array(7.0)}},
          {.inputs = {spread({2, 3}), spread({4}, -1, 1, 1), Array(f64, {0})}},
          kink({Array::zeros(f64, {3})}, Array(0.0))};
}

const Tensor& first_of(const char* function, const std::vector<Tensor>& tensors, Where where) {
  const auto fail = [&](const char* why) {
    throw TypeError(std::string(function) + ": " + why + "\n  at " +
                    to_string(Origin{where.file, where.line, {}, false}));
  };
  if (tensors.empty()) fail("needs at least one tensor");
  for (const Tensor& tensor : tensors)
    if (!tensor.defined()) fail("an operand is an empty Tensor, one that no graph has made");
  return tensors[0];
}

}  // namespace

Tensor global_norm(const std::vector<Tensor>& tensors, Where where) {
  const Tensor& first = first_of("global_norm", tensors, where);
  const Call call("global_norm", {Operand(first, where)});
  Tensors inputs;
  for (const Tensor& t : tensors)
    inputs.push_back(t.dtype() == first.dtype() ? t : cast(t, first.dtype()));
  return call.make_all("global_norm", inputs)[0];
}

ClippedGradients clip_grad_norm(const std::vector<Tensor>& gradients, const Operand& max_norm,
                                Where where) {
  const Call call("clip_grad_norm",
                  {Operand(first_of("clip_grad_norm", gradients, where), where), max_norm});
  ClippedGradients result;
  result.norm = global_norm(gradients, where);
  const Tensor factor = minimum(max_norm / (result.norm + 1e-6), 1);
  for (const Tensor& g : gradients)
    result.gradients.push_back(g *
                               (g.dtype() == factor.dtype() ? factor : cast(factor, g.dtype())));
  return result;
}

namespace ops {
std::vector<OpDef> global_norm() {
  return {{
      .name = "global_norm",
      .summary = "The root of the sum of all squares of all tensors.",
      .inputs = {{.name = "x", .shape = "[...]", .types = "float", .variadic = true}},
      .outputs = {{"norm", "[]", "as x"}},
      .infer = global_norm_infer,
      .gradient = global_norm_gradient,
      .decompose = global_norm_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html",
      .samples = global_norm_samples,
  }};
}
}  // namespace ops

}  // namespace asg
