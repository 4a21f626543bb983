#include <cmath>

#include <asg/graph/build.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/update.hpp>

#include "ops/samples.hpp"
#include "ops/update_rules.hpp"

namespace asg {
namespace {

// Inputs parameter, gradient, first, second, learning_rate, step.
Types adamw_update_infer(const Signature& call) {
  updates::require_alike(call, 4);
  updates::require_rate(call, 4);
  updates::require_step(call, 5);
  for (const char* name : {"beta1", "beta2"})
    call.require_type(call.attributes.number(name) >= 0 && call.attributes.number(name) < 1,
                      "beta1 and beta2 must be in [0, 1)");
  return {call.in(0), call.in(0), call.in(0)};
}

Tensors adamw_update_body(const OpCall& call) {
  const Tensor& p = call.in(0);
  const Tensor& g = call.in(1);
  const double beta1 = call.attributes.number("beta1");
  const double beta2 = call.attributes.number("beta2");
  const double decay = call.attributes.number("weight_decay");
  const Tensor rate = cast(call.in(4), p.dtype());
  const Tensor step = cast(call.in(5), p.dtype());
  const Tensor first = call.in(2) + (1 - beta1) * (g - call.in(2));
  const Tensor second = beta2 * call.in(3) + (1 - beta2) * square(g);
  const Tensor scale = sqrt(updates::correction(step, beta2));
  const Tensor spread = sqrt(second) / scale + call.attributes.number("eps");
  const Tensor kept = decay == 0 ? p : p * (1 - rate * decay);
  return {kept - rate / updates::correction(step, beta1) * (first / spread), first, second};
}

Attributes adamw_update_options(const AdamWOptions& o) {
  return {{"beta1", o.beta1}, {"beta2", o.beta2}, {"eps", o.eps}, {"weight_decay", o.weight_decay}};
}

// The definition, one number at a time.
Sample sample(const Array& p, const Array& g, const Array& m, const Array& v, double rate,
              const Array& step, const AdamWOptions& o) {
  Array p2(f64, p.shape()), m2(f64, p.shape()), v2(f64, p.shape());
  const double t = step.item<double>();
  for (std::int64_t i = 0; i < p.numel(); ++i) {
    m2.set(i, o.beta1 * m.get(i) + (1 - o.beta1) * g.get(i));
    v2.set(i, o.beta2 * v.get(i) + (1 - o.beta2) * g.get(i) * g.get(i));
    const double first = m2.get(i) / (1 - std::pow(o.beta1, t));
    const double second = v2.get(i) / (1 - std::pow(o.beta2, t));
    p2.set(i, p.get(i) * (1 - rate * o.weight_decay) - rate * first / (std::sqrt(second) + o.eps));
  }
  return {.inputs = {p, g, m, v, Array(rate), step},
          .attributes = adamw_update_options(o),
          .outputs = {p2, m2, v2}};
}

std::vector<Sample> adamw_update_samples() {
  std::vector<Sample> result;
  for (const Shape& shape : std::vector<Shape>{{4}, {2, 1, 3}, {}, {0}}) {
    const Array p = spread(shape), g = spread(shape, -1, 1, 1);
    const Array m = spread(shape, -1, 1, 2), v = spread(shape, 0.1, 1, 3);
    const Array first = Array(std::int64_t{1}), later = Array(std::int64_t{100});
    const Array zero = Array::zeros(f64, shape);
    result.push_back(sample(p, g, m, v, 0.1, later, {}));
    result.push_back(sample(p, g, m, v, 0.01, Array(7.0),
                            {.beta1 = 0.0, .beta2 = 0.5, .eps = 1e-3, .weight_decay = 0}));
    result.push_back(sample(p, g, zero, zero, 0.1, first, {.weight_decay = 0.1}));
    result.back().gradient = false;  // the root of the second moment has its kink there
  }
  return result;
}

}  // namespace

AdamWState adamw_update(const AdamWState& state, const Tensor& gradient,
                        const Operand& learning_rate, const Operand& step, const AdamWOptions& how,
                        Where where) {
  const Tensor& p = state.parameter;
  const Call call("adamw_update",
                  {Operand(p, where), gradient, state.first, state.second, learning_rate, step});
  const Tensors results =
      call.make_all("adamw_update",
                    {p, gradient, state.first, state.second, call.tensor(learning_rate, p.dtype()),
                     call.tensor(step, i64)},
                    adamw_update_options(how));
  return {results[0], results[1], results[2]};
}

namespace ops {
std::vector<OpDef> adamw_update() {
  return {{
      .name = "adamw_update",
      .summary = "One step of Adam with decoupled weight decay and bias correction.",
      .inputs = {{"parameter", "[...]", "float"},
                 {"gradient", "as parameter", "as parameter"},
                 {"first", "as parameter", "as parameter"},
                 {"second", "as parameter", "as parameter"},
                 {"learning_rate", "[]", "float"},
                 {"step", "[]", "i64 or float"}},
      .outputs = {{"parameter", "as parameter", "as parameter"},
                  {"first", "as parameter", "as parameter"},
                  {"second", "as parameter", "as parameter"}},
      .attributes = {{"beta1", AttributeType::number, "the share of the first moment that stays"},
                     {"beta2", AttributeType::number, "the share of the second moment that stays"},
                     {"eps", AttributeType::number, "added to the root of the second moment"},
                     {"weight_decay", AttributeType::number,
                      "this share of the parameter, times the rate, is removed"}},
      .infer = adamw_update_infer,
      .decompose = adamw_update_body,
      .source = "https://arxiv.org/abs/1711.05101",
      .samples = adamw_update_samples,
  }};
}
}  // namespace ops

}  // namespace asg
