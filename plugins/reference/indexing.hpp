// What GATHER and SCATTER share: y[b, p, i, q] against x[b, p, indices[b, i], q].
#pragma once

#include "kernel.hpp"

namespace asg::reference {

/// Calls visit(offset in `picked`, offset in x) for every element of `picked` in row-major order.
/// Errors: ASG_INVALID_ARGUMENT for an index outside the axis.
template <class Visit>
void for_each_picked(const sdk::IndexForm& form, const char* name, const asg_value& x,
                     const sdk::Tensor& indices, const asg_value& picked, Visit visit) {
  const uint32_t axis = form.axis, batch_dims = form.batch_dims, index_axes = form.index_axes;
  dispatch(indices.dtype(), [&](auto zero) {
    auto* index = indices.as<const decltype(zero)>();
    for_each_point(picked, [&](const int64_t* point) {
      const int64_t place =
          offset_of(point, indices.value->strides, batch_dims) +
          offset_of(point + axis, indices.value->strides + batch_dims, index_axes);
      const auto selected = static_cast<int64_t>(index[place]);
      form.check_index(name, selected);
      visit(offset_of(point, picked),
            offset_of(point, x.strides, axis) + selected * x.strides[axis] +
                offset_of(point + axis + index_axes, x.strides + axis + 1, x.rank - axis - 1));
    });
  });
}

}  // namespace asg::reference
