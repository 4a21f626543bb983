// What GATHER and SCATTER share: y[b, p, i, q] against x[b, p, indices[b, i], q].
#pragma once

#include <cstring>
#include <string>

#include "kernel.hpp"
#include "loop.hpp"

namespace asg::cpu {

struct Indexing {
  uint32_t axis, batch;

  /// Throws unless `picked` has the shape that indices select from x.
  Indexing(const asg_step& step, const asg_value& x, const asg_value& indices,
           const asg_value& picked) {
    const std::string name = step.name;
    axis = checked_axis(step, x);
    const int64_t batch_dims = sdk::attr_int(step, "batch_dims", 0);
    require(batch_dims >= 0 && batch_dims <= axis && batch_dims <= indices.rank,
            name + ": batch_dims must be in [0, axis]");
    batch = static_cast<uint32_t>(batch_dims);
    bool fits = picked.rank + batch + 1 == x.rank + indices.rank;
    for (uint32_t d = 0; d < batch; ++d) fits &= indices.shape[d] == x.shape[d];
    uint32_t at = 0;
    const auto expect = [&](int64_t size) { fits = fits && picked.shape[at++] == size; };
    for (uint32_t d = 0; fits && d < axis; ++d) expect(x.shape[d]);
    for (uint32_t d = batch; fits && d < indices.rank; ++d) expect(indices.shape[d]);
    for (uint32_t d = axis + 1; fits && d < x.rank; ++d) expect(x.shape[d]);
    require(fits, name + ": shapes do not fit");
  }
};

inline void check_index(const char* name, int64_t index, int64_t extent, uint32_t axis) {
  if (index < 0 || index >= extent)
    throw sdk::Error(ASG_INVALID_ARGUMENT, std::string(name) + ": index " + std::to_string(index) +
                                               " is outside [0, " + std::to_string(extent) +
                                               ") of axis " + std::to_string(axis));
}

}  // namespace asg::cpu
