// Changing a view. The place in memory and every bound are affine forms base + sum(coef[d] * i[d])
// of the view's index, so an op that renames indices changes all of them alike.
#pragma once
#include <algorithm>

#include <asg/graph/view.hpp>

namespace asg {

/// Whether the bound holds for every index of the shape.
inline bool holds_everywhere(const Bound& bound, const Shape& shape) {
  std::int64_t least = bound.base;
  std::int64_t most = bound.base;
  for (int d = 0; d < shape.rank(); ++d) {
    const std::int64_t reach = bound.coef[d] * (shape[d] - 1);
    (reach < 0 ? least : most) += reach;
  }
  return least >= 0 && most < bound.extent;
}

/// The view of a new shape; `change(base, coef)` rewrites one form in the new index.
template <class Change>
View changed(View view, const Shape& shape, Change change) {
  view.shape = shape;
  change(view.offset, view.strides);
  for (Bound& bound : view.bounds) change(bound.base, bound.coef);
  if (shape.numel() == 0) {
    // Nothing is touched, so that no place may seem to lie outside of the memory.
    view.offset = 0;
    view.bounds.clear();
  }
  std::erase_if(view.bounds, [&](const Bound& bound) { return holds_everywhere(bound, shape); });
  return view;
}

}  // namespace asg
