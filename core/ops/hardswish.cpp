#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Tensors hardsigmoid_body(const OpCall& call) { return {relu6(call.in(0) + 3) / 6}; }

// What is 0 is chosen to be: of -inf it is no product.
Tensors hardswish_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  return {where(x <= -3, 0, x) * hardsigmoid(x)};
}

double hardsigmoid_of(double x) { return std::fmin(std::fmax(x + 3, 0), 6) / 6; }

std::vector<Sample> hardsigmoid_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(unary_samples({-4, 4.1}, hardsigmoid_of),
                {kink({Array({7}, {-3.0, 3.0, 1e30, -1e30, inf, -inf, nan})},
                      Array({7}, {0.0, 1.0, 1.0, 0.0, 1.0, 0.0, nan}))});
}

std::vector<Sample> hardswish_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(unary_samples({-4, 4.1}, [](double x) { return x * hardsigmoid_of(x); }),
                {kink({Array({7}, {-3.0, 3.0, 1e30, -1e30, inf, -inf, nan})},
                      Array({7}, {0.0, 3.0, 1e30, 0.0, inf, 0.0, nan}))});
}

}  // namespace

Tensor hardsigmoid(const Operand& x) { return float_elementwise("hardsigmoid", {x}); }
Tensor hardswish(const Operand& x) { return float_elementwise("hardswish", {x}); }

namespace ops {
std::vector<OpDef> hardswish() {
  return {{
              .name = "hardswish",
              .summary = "x * hardsigmoid(x).",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .decompose = hardswish_body,
              .source = "https://arxiv.org/abs/1905.02244",
              .samples = hardswish_samples,
          },
          {
              .name = "hardsigmoid",
              .summary = "x / 6 + 1/2, limited to [0, 1].",
              .inputs = {{"x", "[...]", "float"}},
              .outputs = {{"y", "as x", "as x"}},
              .infer = rules::floats,
              .decompose = hardsigmoid_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html",
              .samples = hardsigmoid_samples,
          }};
}
}  // namespace ops

}  // namespace asg
