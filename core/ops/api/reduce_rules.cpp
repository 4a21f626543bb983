#include "ops/reduce_rules.hpp"

#include <algorithm>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

namespace asg {

Shape reduced::without(const Shape& shape, const Ints& axes) {
  Shape result;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) result.push_back(shape[axis]);
  return result;
}

TensorType reduced::float_type(const Signature& call) {
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  std::int64_t last = -1;
  for (const std::int64_t axis : call.attributes.integers("axes")) {
    call.require(axis > last && axis < call.shape(0).rank(), "axes must be sorted axes of x");
    last = axis;
  }
  return {call.dtype(0), without(call.shape(0), call.attributes.integers("axes"))};
}

double reduced::count(const Shape& shape, const Ints& axes) {
  double count = 1;
  for (const std::int64_t axis : axes)
    count *= static_cast<double>(shape.at(static_cast<int>(axis)));
  return count;
}

double reduced::divisor(const Shape& shape, const Attributes& attributes) {
  const double left = count(shape, attributes.integers("axes"));
  return std::max(0.0, left - static_cast<double>(attributes.integer("correction")));
}

Tensor reduced::anchor(const Tensor& x, const Axes& axes) {
  Tensor first = x;
  for (const std::int64_t axis : axes)
    if (x.size(static_cast<int>(axis)) > 1) first = slice(first, static_cast<int>(axis), 0, 1);
  return first;
}

Tensor reduced::at_anchor(const Tensor& anchor, const Shape& shape) {
  Ints none, behind;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    none.push_back(0);
    behind.push_back(shape[axis] - anchor.size(axis));
  }
  return pad(anchor, none, behind);
}

Tensor reduced::centred(const Tensor& x, const Axes& axes) {
  if (axes.empty()) return x - x;
  // Whatever the anchor is, the result is the same: it has no gradient.
  const Tensor shifted = x - stop_gradient(anchor(x, axes));
  return shifted - mean(shifted, axes, true);
}

Tensor reduced::restore(const Tensor& y, const Shape& x, const Ints& axes) {
  Shape shape = x;
  for (const std::int64_t axis : axes) shape[static_cast<int>(axis)] = 1;
  return reshape(y, shape);
}

Tensor reduced::keep(const Tensor& y, const Tensor& x, const Ints& axes, bool keepdims) {
  return keepdims ? restore(y, x.shape(), axes) : y;
}

}  // namespace asg
