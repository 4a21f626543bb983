// Dropout of more than single elements: the mask is that of dropout, smaller, and broadcasts.
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/random.hpp>

#include "ops/operand_rules.hpp"

namespace asg {
namespace {

// x's shape with sizes of 1 from the given axis on.
Shape leading(const Shape& x, int axes) {
  Shape shape = x.slice(0, axes);
  while (shape.rank() < x.rank()) shape.push_back(1);
  return shape;
}

// Whether an element of that shape stays: bool.
Tensor kept(const Call& call, const Shape& shape, double p) {
  return gt(dropout(ones(call.graph(), shape), p), 0);
}

// A dropped element is 0 even where x is infinite or NaN.
Tensor drop(const Call& call, const Tensor& x, const Shape& mask, double p, bool scaled) {
  if (p == 0 || !call.graph().training()) return x;
  if (p == 1) return zeros_like(x);
  return where(kept(call, mask, p), scaled ? x * (1 / (1 - p)) : x, 0);
}

Tensor drop_channels(std::string_view function, const Operand& x, double p, int spatial) {
  const Call call(function, {x});
  operands::require_probability(function, call, "p", p);
  const Tensor t = call.as_float(call.tensor(x));
  if (t.rank() != spatial + 1 && t.rank() != spatial + 2)
    call.fail(fmt::format("x must have {} axes, or {} without a batch", spatial + 2, spatial + 1));
  return drop(call, t, leading(t.shape(), t.rank() - spatial), p, true);
}

// a * (x or the value of saturation) + b, with mean 0 and variance 1 where x has them.
Tensor drop_alpha(const Call& call, const Tensor& x, const Shape& mask, double p) {
  if (p == 0 || !call.graph().training()) return x;
  if (p == 1) return zeros_like(x);
  constexpr double saturation = -1.7580993408473766;  // -scale * alpha of selu
  const double a = 1 / std::sqrt((saturation * saturation * p + 1) * (1 - p));
  const double b = -a * saturation * p;
  return where(kept(call, mask, p), a * x + b, a * saturation + b);
}

}  // namespace

Tensor dropout1d(const Operand& x, double p) { return drop_channels("dropout1d", x, p, 1); }
Tensor dropout2d(const Operand& x, double p) { return drop_channels("dropout2d", x, p, 2); }
Tensor dropout3d(const Operand& x, double p) { return drop_channels("dropout3d", x, p, 3); }

Tensor alpha_dropout(const Operand& x, double p) {
  const Call call("alpha_dropout", {x});
  operands::require_probability("alpha_dropout", call, "p", p);
  const Tensor t = call.as_float(call.tensor(x));
  return drop_alpha(call, t, t.shape(), p);
}

Tensor feature_alpha_dropout(const Operand& x, double p) {
  const Call call("feature_alpha_dropout", {x});
  operands::require_probability("feature_alpha_dropout", call, "p", p);
  const Tensor t = call.as_float(call.tensor(x));
  call.require(t.rank() >= 2, "x needs the axes [N, C, ...]");
  return drop_alpha(call, t, leading(t.shape(), 2), p);
}

Tensor drop_path(const Operand& x, double p, bool scale_by_keep) {
  const Call call("drop_path", {x});
  operands::require_probability("drop_path", call, "p", p);
  const Tensor t = call.as_float(call.tensor(x));
  call.require(t.rank() >= 1, "x needs an axis of samples");
  return drop(call, t, leading(t.shape(), 1), p, scale_by_keep);
}

}  // namespace asg
