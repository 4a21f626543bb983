// View: an affine way to look at a tensor in memory.
#pragma once
#include <cstdint>
#include <vector>

#include <asg/graph/shape.hpp>

namespace asg {

/// A point is inside when 0 <= base + sum(coef[d] * i[d]) < extent.
struct Bound {
  std::int64_t base = 0;
  std::int64_t extent = 0;
  Shape coef;  ///< one coefficient for each axis of the view
};

/// Element i of the view is element offset + sum(strides[d] * i[d]) of the memory, or `fill`
/// where i is outside of a bound.
struct View {
  std::int64_t offset = 0;
  Shape shape;
  Shape strides;
  std::vector<Bound> bounds = {};
  std::uint64_t fill = 0;  ///< the bits of the element

  [[nodiscard]] static View row_major(const Shape& shape) {
    return {0, shape, row_major_strides(shape), {}, 0};
  }
};

}  // namespace asg
