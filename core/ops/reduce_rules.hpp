// What composites that reduce axes share. They drop the axes; functions put sizes of 1 back.
#pragma once
#include <asg/graph/build.hpp>
#include <asg/graph/op.hpp>

#include "ops/rules.hpp"

namespace asg::reduced {

/// The shape without some of its axes, which are sorted.
Shape without(const Shape& shape, const Ints& axes);
/// x's type without the axes of attribute `axes`, once they are found to be sorted and x float.
TensorType float_type(const Signature& call);
/// The product of the sizes of the axes.
double count(const Shape& shape, const Ints& axes);
/// That number for attribute `axes`, less attribute `correction`; 0 where nothing is left, which
/// gives NaN or infinity.
double divisor(const Shape& shape, const Attributes& attributes);
/// The first element along the axes, which stay with size 1: what means are measured from. Rounding
/// is then relative to how far the elements spread and not to their size, and of equal elements
/// the distances are exactly 0.
Tensor anchor(const Tensor& x, const Axes& axes);
/// Its adjoint: what is in the shape of the anchor at its place, and zeros elsewhere.
Tensor at_anchor(const Tensor& anchor, const Shape& shape);
/// x less its mean over the axes, measured from the anchor.
Tensor centred(const Tensor& x, const Axes& axes);
/// The axes of x that a reduction removed from y, with size 1.
Tensor restore(const Tensor& y, const Shape& x, const Ints& axes);
/// That where keepdims is set, else y.
Tensor keep(const Tensor& y, const Tensor& x, const Ints& axes, bool keepdims);

}  // namespace asg::reduced
