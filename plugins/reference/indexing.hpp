// What GATHER and SCATTER share: y[b, p, i, q] against x[b, p, indices[b, i], q].
#pragma once

#include <string>

#include "dtypes.hpp"
#include "kernel.hpp"

namespace asg::reference {

/// Throws unless `picked` has the shape that indices select from x.
inline void check_indexing(const asg_step& step, const asg_value& x, const asg_value& indices,
                           const asg_value& picked) {
  const std::string name = step.name;
  const uint32_t axis = checked_axis(step, x);
  const int64_t batch = sdk::attr_int(step, "batch_dims", 0);
  require(batch >= 0 && batch <= axis && batch <= indices.rank,
          name + ": batch_dims must be in [0, axis]");
  const auto batch_dims = static_cast<uint32_t>(batch);
  bool fits = picked.rank + batch_dims + 1 == x.rank + indices.rank;
  for (uint32_t d = 0; d < batch_dims; ++d) fits &= indices.shape[d] == x.shape[d];
  uint32_t at = 0;
  const auto expect = [&](int64_t size) { fits = fits && picked.shape[at++] == size; };
  for (uint32_t d = 0; fits && d < axis; ++d) expect(x.shape[d]);
  for (uint32_t d = batch_dims; fits && d < indices.rank; ++d) expect(indices.shape[d]);
  for (uint32_t d = axis + 1; fits && d < x.rank; ++d) expect(x.shape[d]);
  require(fits, name + ": shapes do not fit");
}

/// Calls visit(offset in `picked`, offset in x) for every element of `picked` in row-major order.
/// Errors: ASG_INVALID_ARGUMENT for an index outside the axis.
template <class Visit>
void for_each_picked(const asg_step& step, const asg_value& x, const sdk::Tensor& indices,
                     const asg_value& picked, Visit visit) {
  const auto axis = static_cast<uint32_t>(sdk::attr_int(step, "axis"));
  const auto batch_dims = static_cast<uint32_t>(sdk::attr_int(step, "batch_dims", 0));
  const uint32_t index_axes = indices.rank() - batch_dims;
  const int64_t extent = x.shape[axis];
  dispatch(indices.dtype(), [&](auto zero) {
    auto* index = indices.as<const decltype(zero)>();
    for_each_point(picked, [&](const int64_t* point) {
      const int64_t place =
          offset_of(point, indices.value->strides, batch_dims) +
          offset_of(point + axis, indices.value->strides + batch_dims, index_axes);
      const auto selected = static_cast<int64_t>(index[place]);
      if (selected < 0 || selected >= extent)
        throw sdk::Error(ASG_INVALID_ARGUMENT, std::string(step.name) + ": index " +
                                                   std::to_string(selected) + " is outside [0, " +
                                                   std::to_string(extent) + ") of axis " +
                                                   std::to_string(axis));
      visit(offset_of(point, picked),
            offset_of(point, x.strides, axis) + selected * x.strides[axis] +
                offset_of(point + axis + index_axes, x.strides + axis + 1, x.rank - axis - 1));
    });
  });
}

}  // namespace asg::reference
