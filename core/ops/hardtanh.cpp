#include <cmath>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types hardtanh_infer(const Signature& call) {
  call.require_type(call.attributes.number("min_val") < call.attributes.number("max_val"),
                    "min_val must be below max_val");
  return rules::floats(call);
}

// At the limits the constant is chosen, whose gradient is 0.
Tensors hardtanh_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  const double low = call.attributes.number("min_val"), high = call.attributes.number("max_val");
  return {where(x <= low, low, where(x >= high, high, x))};
}

std::vector<Sample> hardtanh_samples() {
  std::vector<Sample> cases =
      unary_samples({-3, 3.1}, [](double x) { return std::fmin(std::fmax(x, -1), 2); });
  const double inf = INFINITY, nan = std::nan("");
  cases.push_back(kink({Array({7}, {-1.0, 2.0, 1e30, -1e30, inf, -inf, nan})},
                       Array({7}, {-1.0, 2.0, 2.0, -1.0, 2.0, -1.0, nan})));
  for (Sample& c : cases) c.attributes = {{"min_val", -1.0}, {"max_val", 2.0}};
  return cases;
}

}  // namespace

Tensor hardtanh(const Operand& x, double min_val, double max_val) {
  const Call call("hardtanh", {x});
  return call.make("hardtanh", {call.as_float(call.tensor(x))},
                   {{"min_val", min_val}, {"max_val", max_val}});
}

Tensor relu6(const Operand& x) {
  const Call call("relu6", {x});
  return hardtanh(x, 0, 6);
}

namespace ops {
std::vector<OpDef> hardtanh() {
  return {{
      .name = "hardtanh",
      .summary = "x limited to [min_val, max_val]; the gradient at the limits is 0.",
      .inputs = {{"x", "[...]", "float"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"min_val", AttributeType::number, "the lower limit"},
                     {"max_val", AttributeType::number, "the upper limit"}},
      .infer = hardtanh_infer,
      .decompose = hardtanh_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html",
      .samples = hardtanh_samples,
  }};
}
}  // namespace ops

}  // namespace asg
