#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types softshrink_infer(const Signature& call) {
  call.require_type(call.attributes.number("lambd") >= 0, "lambd must not be negative");
  return rules::floats(call);
}

Tensors softshrink_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const double lambd = call.attributes.number("lambd");
  return {where(abs(x) <= lambd, 0, x - lambd * sign(x))};
}

Tensors hardshrink_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  return {where(abs(x) <= call.attributes.number("lambd"), 0, x)};
}

std::vector<Sample> shrink_cases(double (*f)(double), double beyond) {
  const double inf = INFINITY, nan = std::nan("");
  std::vector<Sample> cases = joined(unary_samples({-2, 2.1}, f),
                                     {kink({Array({7}, {0.5, -0.5, 1.0, 1e30, inf, -inf, nan})},
                                           Array({7}, {0.0, 0.0, beyond, 1e30, inf, -inf, nan}))});
  for (Sample& c : cases) c.attributes = {{"lambd", 0.5}};
  return cases;
}

std::vector<Sample> softshrink_samples() {
  return shrink_cases([](double x) { return std::abs(x) <= 0.5 ? 0.0 : x - std::copysign(0.5, x); },
                      0.5);
}
std::vector<Sample> hardshrink_samples() {
  return shrink_cases([](double x) { return std::abs(x) <= 0.5 ? 0.0 : x; }, 1);
}

Tensor shrink_of(std::string_view op, const Operand& x, double lambd) {
  const Call call(op, {x});
  return call.make(op, {call.as_float(call.tensor(x))}, {{"lambd", lambd}});
}

}  // namespace

Tensor softshrink(const Operand& x, double lambd) { return shrink_of("softshrink", x, lambd); }
Tensor hardshrink(const Operand& x, double lambd) { return shrink_of("hardshrink", x, lambd); }

namespace ops {
std::vector<OpDef> softshrink() {
  return {{
              .name = "softshrink",
              .summary = "x moved toward 0 by lambd, and 0 within that distance.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .attributes = {{"lambd", AttributeType::number, "the distance, not negative"}},
              .infer = softshrink_infer,
              .decompose = softshrink_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.nn.Softshrink.html",
              .samples = softshrink_samples,
          },
          {
              .name = "hardshrink",
              .summary = "x, and 0 within lambd of 0.",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .attributes = {{"lambd", AttributeType::number, "the distance"}},
              .infer = rules::floats,
              .decompose = hardshrink_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.nn.Hardshrink.html",
              .samples = hardshrink_samples,
          }};
}
}  // namespace ops

}  // namespace asg
