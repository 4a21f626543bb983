// Phases cut into passes, passes joined into groups that run together on one part of the domain.
#pragma once

#include <cstdint>
#include <vector>

#include "form.hpp"

namespace asg::cpu {

/// A part of a phase: its instructions run once at each point, for these reductions and stores.
/// All reductions of a pass run over the same axes.
struct Pass {
  uint32_t phase = 0;
  std::vector<uint32_t> reductions;
  std::vector<uint32_t> stores;
  /// The reductions run over the axes that the group's others keep: down the columns, while the
  /// group goes along the rows.  What they give is known only after the whole domain.
  bool across = false;
};

/// Passes with common reduced axes.  Points that differ in another axis never see each other, so
/// a group runs all its passes on one part of the kept axes while that part is in the cache.
struct Group {
  std::vector<Pass> passes;
  bool reduces = false;
  uint32_t axes = 0;         // reduced by every reducing pass
  uint32_t single_axes = 0;  // only their first point is visited

  bool sweeps() const {
    for (const Pass& pass : passes)
      if (pass.across) return true;
    return false;
  }
};

/// `threads` decides only what is worth fusing; results do not depend on it.
std::vector<Group> make_groups(const sdk::ProgramCopy& program, const Form& form, uint32_t threads);

/// Whether reductions over these axes are made along rows of neighbouring points.
bool walks_rows(const Form& form, uint32_t axes);

/// Elements that a reduction gives, in row-major order of the axes it keeps.
int64_t result_count(const Form& form, const Reduction& reduction);

/// The access to the result of reduction `index` where it is kept in scratch memory.
Access scratch_access(const Form& form, uint32_t index);

}  // namespace asg::cpu
