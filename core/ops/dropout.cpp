#include <algorithm>
#include <cmath>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/random.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types dropout_infer(const Signature& call) {
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  rules::dropout(call, 1);
  return {call.in(0)};
}

Tensors dropout_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const double p = call.attributes.number("p");
  if (p >= 1) return {zeros_like(x)};
  const auto stream = static_cast<std::uint64_t>(call.attributes.integer("stream"));
  // Of the 2^32 words those below the threshold drop their element.
  const double threshold = std::min(std::round(std::ldexp(p, 32)), std::ldexp(1.0, 32) - 1);
  const Tensor bits = random_bits(call.in(1), call.in(2), x.shape(), stream);
  return {where(bits >= static_cast<std::int64_t>(threshold), x * (1 / (1 - p)), 0)};
}

// Linear in x, with the mask that seed, step and stream name: its own adjoint.
Tensors dropout_gradient(const GradientCall& call) {
  return {apply(find_op("dropout"), {call.dy(), call.in(1), call.in(2)}, call.attributes), {}, {}};
}

std::vector<Sample> dropout_samples() {
  const auto options = [](double p, std::int64_t stream) {
    return Attributes{{"p", p}, {"stream", stream}};
  };
  const Array seed(std::int64_t{1}), step(std::int64_t{2});
  const Array x = spread({3, 4});
  return {{.inputs = {x, seed, step}, .attributes = options(0, 1), .outputs = {x}},
          {.inputs = {x, seed, step},
           .attributes = options(1, 1),
           .outputs = {Array::zeros(f64, {3, 4})}},
          {.inputs = {x, seed, step}, .attributes = options(0.5, 7)},
          {.inputs = {spread({2, 1, 5}), seed, step}, .attributes = options(0.1, -3)},
          {.inputs = {Array(1.5), seed, step}, .attributes = options(0.5, 0)},
          {.inputs = {Array(f64, {0, 3}), seed, step},
           .attributes = options(0.5, 0),
           .outputs = {Array(f64, {0, 3})}}};
}

}  // namespace

Tensor dropout(const Operand& x, double p, const RandomKey& key, std::uint64_t stream) {
  const Call call("dropout", {x, key.seed, key.step});
  return call.make("dropout", {call.as_float(call.tensor(x)), key.seed, key.step},
                   {{"p", p}, {"stream", static_cast<std::int64_t>(stream)}});
}

Tensor dropout(const Operand& x, double p) {
  const Call call("dropout", {x});
  operands::require_probability("dropout", call, "p", p);
  const Tensor t = call.as_float(call.tensor(x));
  if (p == 0 || !call.graph().training()) return t;
  return dropout(t, p, random_key(call.graph()), call.graph().next_stream());
}

namespace ops {
std::vector<OpDef> dropout() {
  return {{
      .name = "dropout",
      .summary = "x / (1 - p) where the random word of the element is at least p * 2^32, else 0.",
      .inputs = {{"x", "[...]", "float"}, {"seed", "[]", "i64"}, {"step", "[]", "i64"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"p", AttributeType::number, "the probability of a 0"},
                     {"stream", AttributeType::integer,
                      "tells apart the random ops of one program"}},
      .infer = dropout_infer,
      .gradient = dropout_gradient,
      .decompose = dropout_body,
      .source = "https://jmlr.org/papers/v15/srivastava14a.html",
      .samples = dropout_samples,
  }};
}
}  // namespace ops

}  // namespace asg
