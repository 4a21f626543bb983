#include <asg/graph/build.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/update.hpp>

#include "ops/samples.hpp"
#include "ops/update_rules.hpp"

namespace asg {
namespace {

// Inputs parameter, gradient, learning_rate.
Types sgd_update_infer(const Signature& call) {
  updates::require_alike(call, 2);
  updates::require_rate(call, 2);
  return {call.in(0)};
}

// gradient + weight_decay * parameter
Tensor decayed(const OpCall& call) {
  const double decay = call.attributes.number("weight_decay");
  return decay == 0 ? call.in(1) : call.in(1) + decay * call.in(0);
}

Tensors sgd_update_body(const OpCall& call) {
  const Tensor rate = cast(call.in(2), call.in(0).dtype());
  return {call.in(0) - rate * decayed(call)};
}

// Inputs parameter, gradient, buffer, learning_rate, step?.
Types infer_momentum(const Signature& call) {
  updates::require_alike(call, 3);
  updates::require_rate(call, 3);
  if (call.has(4)) updates::require_step(call, 4);
  const double dampening = call.attributes.number("dampening");
  call.require_type(dampening == 0 || call.has(4), "a dampening needs the step");
  call.require_type(!call.attributes.flag("nesterov") ||
                        (dampening == 0 && call.attributes.number("momentum") > 0),
                    "Nesterov needs a momentum and no dampening");
  return {call.in(0), call.in(0)};
}

Tensors momentum_body(const OpCall& call) {
  const Tensor& p = call.in(0);
  const double momentum = call.attributes.number("momentum");
  const double dampening = call.attributes.number("dampening");
  const Tensor g = decayed(call);
  Tensor arriving = g;
  if (dampening != 0) {
    const Tensor whole = full(p.graph(), {}, 1, p.dtype());
    arriving = g * where(call.in(4) <= 1, whole, 1 - dampening);
  }
  const Tensor buffer = momentum * call.in(2) + arriving;
  const Tensor direction = call.attributes.flag("nesterov") ? g + momentum * buffer : buffer;
  return {p - cast(call.in(3), p.dtype()) * direction, buffer};
}

Attributes sgd_update_options(const SgdOptions& o) {
  return {{"momentum", o.momentum},
          {"dampening", o.dampening},
          {"weight_decay", o.weight_decay},
          {"nesterov", static_cast<std::int64_t>(o.nesterov)}};
}

std::vector<Sample> sgd_update_samples() {
  const Array p({2}, {1.0, -2.0}), g({2}, {0.5, 4.0});
  return {{.inputs = {p, g, Array(0.1)},
           .attributes = {{"weight_decay", 0.0}},
           .outputs = {Array({2}, {0.95, -2.4})}},
          {.inputs = {p, g, Array(0.5)},
           .attributes = {{"weight_decay", 0.5}},
           .outputs = {Array({2}, {0.5, -3.5})}},
          {.inputs = {spread({2, 3}), spread({2, 3}, -1, 1, 1), Array(0.1)},
           .attributes = {{"weight_decay", 0.1}}},
          {.inputs = {Array(f64, {0}), Array(f64, {0}), Array(0.1)},
           .attributes = {{"weight_decay", 0.0}},
           .outputs = {Array(f64, {0})}}};
}

std::vector<Sample> momentum_samples() {
  const Array p({2}, {1.0, -2.0}), g({2}, {0.5, 4.0}), buffer({2}, {1.0, 2.0});
  const Array rate(0.1);
  const std::int64_t one = 1, two = 2;
  return {
      {.inputs = {p, g, buffer, rate},
       .attributes = sgd_update_options({.momentum = 0.5}),
       .outputs = {Array({2}, {0.9, -2.5}), Array({2}, {1.0, 5.0})}},
      {.inputs = {p, g, buffer, rate},
       .attributes = sgd_update_options({.momentum = 0.5, .nesterov = true}),
       .outputs = {Array({2}, {0.9, -2.65}), Array({2}, {1.0, 5.0})}},
      {.inputs = {p, g, buffer, rate, Array(two)},
       .attributes = sgd_update_options({.momentum = 0.5, .dampening = 0.25, .weight_decay = 0.5}),
       .outputs = {Array({2}, {0.875, -2.325}), Array({2}, {1.25, 3.25})}},
      {.inputs = {p, g, Array::zeros(f64, {2}), rate, Array(one)},
       .attributes = sgd_update_options({.momentum = 0.5, .dampening = 0.25}),
       .outputs = {Array({2}, {0.95, -2.4}), g}},
      {.inputs = {spread({2, 1, 3}), spread({2, 1, 3}, -1, 1, 1), spread({2, 1, 3}, -1, 1, 2), rate,
                  Array(3.0)},
       .attributes = sgd_update_options({.momentum = 0.9, .dampening = 0.1, .weight_decay = 0.1})}};
}

}  // namespace

Tensor sgd_update(const Operand& parameter, const Tensor& gradient, const Operand& learning_rate,
                  double weight_decay) {
  const Call call("sgd_update", {parameter, gradient, learning_rate});
  const Tensor p = call.tensor(parameter);
  return call.make("sgd_update", {p, gradient, call.tensor(learning_rate, p.dtype())},
                   {{"weight_decay", weight_decay}});
}

SgdMomentum sgd_momentum_update(const Operand& parameter, const Tensor& gradient,
                                const Tensor& buffer, const Operand& learning_rate,
                                const SgdOptions& how, const Tensor& step) {
  const Call call("sgd_momentum_update", {parameter, gradient, buffer, learning_rate});
  const Tensor p = call.tensor(parameter);
  Tensors inputs = {p, gradient, buffer, call.tensor(learning_rate, p.dtype())};
  if (step.defined()) inputs.push_back(step);
  const Tensors results = call.make_all("sgd_momentum_update", inputs, sgd_update_options(how));
  return {results[0], results[1]};
}

namespace ops {
std::vector<OpDef> sgd_update() {
  const AttributeDef decay = {"weight_decay", AttributeType::number,
                              "this share of the parameter joins the gradient"};
  return {
      {
          .name = "sgd_update",
          .summary = "parameter - learning_rate * (gradient + weight_decay * parameter).",
          .inputs = {{"parameter", "[...]", "float"},
                     {"gradient", "as parameter", "as parameter"},
                     {"learning_rate", "[]", "float"}},
          .outputs = {{"parameter", "as parameter", "as parameter"}},
          .attributes = {decay},
          .infer = sgd_update_infer,
          .decompose = sgd_update_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.optim.SGD.html",
          .samples = sgd_update_samples,
      },
      {
          .name = "sgd_momentum_update",
          .summary = "buffer' = momentum * buffer + (1 - dampening) * g, parameter' = parameter - "
                     "learning_rate * buffer' (Nesterov: g + momentum * buffer').",
          .inputs = {{"parameter", "[...]", "float"},
                     {"gradient", "as parameter", "as parameter"},
                     {"buffer", "as parameter", "as parameter"},
                     {"learning_rate", "[]", "float"},
                     {"step", "[]", "i64 or float", true}},
          .outputs = {{"parameter", "as parameter", "as parameter"},
                      {"buffer", "as parameter", "as parameter"}},
          .attributes = {{"momentum", AttributeType::number, "the share of the buffer that stays"},
                         {"dampening", AttributeType::number,
                          "the share of the gradient that does not arrive, but "
                          "at step 1"},
                         decay,
                         {"nesterov", AttributeType::integer,
                          "1: look ahead along the new buffer"}},
          .infer = infer_momentum,
          .decompose = momentum_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.optim.SGD.html",
          .samples = momentum_samples,
      }};
}
}  // namespace ops

}  // namespace asg
