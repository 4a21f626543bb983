// Functions about NaN, infinities, signs and limits, in terms of comparisons and choices.
#include <cmath>
#include <limits>
#include <string>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

namespace asg {

Tensor isnan(const Operand& x) {
  const Call call("isnan", {x});
  return ne(x, x);
}

Tensor isinf(const Operand& x) {
  const Call call("isinf", {x});
  return eq(abs(call.as_float(call.tensor(x))), INFINITY);
}

// The sign of -0 shows in its inverse.
Tensor signbit(const Operand& x) {
  const Call call("signbit", {x});
  const Tensor t = call.tensor(x);
  return is_float(t.dtype()) ? lt(where(eq(t, 0), 1 / t, t), 0) : lt(t, 0);
}

Tensor copysign(const Operand& a, const Operand& b) {
  const Call call("copysign", {a, b});
  const Tensors both = call.promoted({a, b});
  const Tensor size = abs(call.as_float(both[0]));
  return where(signbit(call.as_float(both[1])), -size, size);
}

Tensor nan_to_num(const Operand& x, double nan, std::optional<double> posinf,
                  std::optional<double> neginf) {
  const Call call("nan_to_num", {x});
  const Tensor t = call.tensor(x);
  if (!is_float(t.dtype())) return t;
  const double largest = t.dtype() == f32 ? double{std::numeric_limits<float>::max()}
                                          : std::numeric_limits<double>::max();
  const Tensor low = where(eq(t, -INFINITY), neginf.value_or(-largest), t);
  return where(isnan(t), nan, where(eq(t, INFINITY), posinf.value_or(largest), low));
}

Tensor masked_fill(const Operand& x, const Operand& mask, const Operand& value) {
  const Call call("masked_fill", {x, mask, value});
  const Tensor t = call.tensor(x);
  const Tensor chosen = call.tensor(mask, boolean);
  if (chosen.dtype() != boolean)
    throw TypeError("masked_fill: the mask must be bool; compare with 0 first\n  at " +
                    to_string(call.graph().origin_now(call.where())));
  const Tensor filled = call.promoted({t, value})[1];
  if (filled.dtype() != t.dtype())
    throw TypeError("masked_fill: the value does not fit into x, which is " +
                    std::string(name(t.dtype())) + "; cast x first\n  at " +
                    to_string(call.graph().origin_now(call.where())));
  call.require(broadcastable(chosen.shape(), t.shape()) && broadcastable(filled.shape(), t.shape()),
               "the mask and the value must broadcast to the shape of x");
  return where(chosen, filled, t);
}

Tensor heaviside(const Operand& x, const Operand& values) {
  const Call call("heaviside", {x, values});
  const Tensors both = call.matched({x, values});
  return where(eq(both[0], 0), both[1], cast(gt(both[0], 0), both[1].dtype()));
}

Tensor trunc(const Operand& x) {
  const Call call("trunc", {x});
  const Tensor t = call.as_float(call.tensor(x));
  return where(t < 0, ceil(t), floor(t));
}

Tensor frac(const Operand& x) {
  const Call call("frac", {x});
  const Tensor t = call.as_float(call.tensor(x));
  return t - trunc(t);
}

// At the limit x is chosen, and the maximum only where x is below it, or something is NaN: so all
// of the gradient is that of x there.
Tensor clamp_min(const Operand& x, const Operand& low) {
  const Call call("clamp_min", {x, low});
  const Tensors both = call.matched({x, low});
  return where(ge(both[0], both[1]), both[0], maximum(both[0], both[1]));
}

Tensor clamp_max(const Operand& x, const Operand& high) {
  const Call call("clamp_max", {x, high});
  const Tensors both = call.matched({x, high});
  return where(le(both[0], both[1]), both[0], minimum(both[0], both[1]));
}

Tensor clamp(const Operand& x, const Operand& low, const Operand& high) {
  const Call call("clamp", {x, low, high});
  return clamp_max(clamp_min(x, low), high);
}

}  // namespace asg
