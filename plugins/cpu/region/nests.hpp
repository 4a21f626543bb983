// Phases cut into sweeps, sweeps joined into nests that run together on one part of the domain.
#pragma once

#include <cstdint>
#include <vector>

#include "region/form.hpp"

namespace asg::cpu {

/// A part of a phase: its instructions run once at each point, for these reductions and stores.
/// All reductions of a sweep run over the same axes.
struct Sweep {
  uint32_t phase = 0;
  std::vector<uint32_t> reductions;
  std::vector<uint32_t> stores;
  /// The reductions run over the axes that the nest's others keep: down the columns, while the
  /// nest goes along the rows.  What they give is known only after the whole domain.
  bool across = false;
};

/// Sweeps with common reduced axes.  Points that differ in another axis never see each other, so
/// a nest runs all its sweeps on one part of the kept axes while that part is in the cache.
struct Nest {
  std::vector<Sweep> sweeps;
  bool reduces = false;
  uint32_t axes = 0;         // reduced by every reducing sweep
  uint32_t single_axes = 0;  // only their first point is visited

  bool goes_across() const {
    for (const Sweep& sweep : sweeps)
      if (sweep.across) return true;
    return false;
  }
};

/// `threads` decides only what is worth fusing; results do not depend on it.
std::vector<Nest> make_nests(const sdk::ProgramCopy& program, const Form& form, uint32_t threads);

/// Whether reductions over these axes are made along rows of neighbouring points.
bool walks_rows(const Form& form, uint32_t axes);

/// The access to the results of reduction `index`, in row-major order of the axes that it keeps,
/// where they are kept in scratch memory.
Access scratch_access(const Form& form, uint32_t index);

}  // namespace asg::cpu
