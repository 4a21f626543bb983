// Elements that are found by their order along an axis.
#include <asg/ops/ordering.hpp>

#include <cmath>

#include <asg/graph/build.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/operand_rules.hpp"

namespace asg {
namespace {

// The elements at positions that still have the axis, with size 1.
Positioned found(const Tensor& x, const Tensor& positions, int axis, bool keepdims) {
  const Tensor values = take_along_dim(x, positions, axis);
  if (keepdims) return {values, positions};
  return {squeeze(values, axis), squeeze(positions, axis)};
}

// Whether there is a NaN along the axis.
Tensor has_nan(const Tensor& x, int axis) { return any(ne(x, x), axis, true); }

}  // namespace

Positioned max_with_positions(const Operand& x, Axis axis, bool keepdims) {
  const Call call("max_with_positions", {x});
  const Tensor t = call.tensor(x);
  return found(t, argmax(t, axis, true), call.axis(axis, t.rank()), keepdims);
}

Positioned min_with_positions(const Operand& x, Axis axis, bool keepdims) {
  const Call call("min_with_positions", {x});
  const Tensor t = call.tensor(x);
  return found(t, argmin(t, axis, true), call.axis(axis, t.rank()), keepdims);
}

Positioned median(const Operand& x, Axis axis, bool keepdims) {
  const Call call("median", {x});
  const Tensor t = call.tensor(x);
  const int along = call.axis(axis, t.rank());
  const std::int64_t count = t.size(along);
  call.require(count > 0, "an axis of size 0 has no element in the middle");
  const std::int64_t middle = (count - 1) / 2;
  const Tensor position = slice(argsort(t, along), along, middle, middle + 1);
  if (!is_float(t.dtype())) return found(t, position, along, keepdims);
  // argmax points at the first NaN.
  return found(t, where(has_nan(t, along), argmax(t, along, true), position), along, keepdims);
}

Tensor quantile(const Operand& x, double q, Axis axis, bool keepdims) {
  const Call call("quantile", {x});
  operands::require_probability("quantile", call, "q", q);
  const Tensor t = call.as_float(call.tensor(x));
  const int along = call.axis(axis, t.rank());
  const std::int64_t count = t.size(along);
  call.require(count > 0, "an axis of size 0 has no elements to lie between");
  const double place = q * static_cast<double>(count - 1);
  const auto low = static_cast<std::int64_t>(place);
  const double weight = place - static_cast<double>(low);
  const Tensor sorted = sort(t, along).values;
  Tensor y = slice(sorted, along, low, low + 1);
  if (weight > 0) y = (1 - weight) * y + weight * slice(sorted, along, low + 1, low + 2);
  y = where(has_nan(t, along), NAN, y);
  return keepdims ? y : squeeze(y, along);
}

}  // namespace asg
