#include "region/nests.hpp"

#include <algorithm>

namespace asg::cpu {

namespace {

/// Loads of the phase, whether or not all sweeps need them.
template <class Visit>
void for_each_load(const Form& form, uint32_t phase, Visit&& visit) {
  for (uint32_t i = form.begin_of(phase).insts_end; i < form.phases[phase].insts_end; ++i)
    if (form.insts[i].op == ASG_EW_LOAD) visit(form.accesses[form.insts[i].a]);
}

bool stores_over_loads(const sdk::ProgramCopy& program, const Form& form, uint32_t phase,
                       const std::vector<uint32_t>& stores) {
  bool result = false;
  for_each_load(form, phase, [&](const Access& load) {
    for (const uint32_t store : stores)
      result |= may_overlap(program, load, form.accesses[form.stores[store].access]);
  });
  return result;
}

/// The phase as sweeps, in an order in which they may run one after the other over the domain.
/// `previous` is the nest before, which the first sweep may join.
std::vector<Sweep> sweeps_of(const sdk::ProgramCopy& program, const Form& form, uint32_t phase,
                             const Nest* previous) {
  const asg_phase begin = form.begin_of(phase), end = form.phases[phase];
  std::vector<Sweep> sweeps;
  for (uint32_t r = begin.reductions_end; r < end.reductions_end; ++r) {
    const auto same_axes = [&](const Sweep& sweep) {
      return form.reductions[sweep.reductions[0]].axes == form.reductions[r].axes;
    };
    auto sweep = std::find_if(sweeps.begin(), sweeps.end(), same_axes);
    if (sweep == sweeps.end()) sweep = sweeps.insert(sweeps.end(), Sweep{phase, {}, {}});
    sweep->reductions.push_back(r);
  }
  const auto joins = [&](const Sweep& sweep) {
    return previous != nullptr && previous->reduces &&
           previous->axes == form.reductions[sweep.reductions[0]].axes;
  };
  const auto first = std::stable_partition(sweeps.begin(), sweeps.end(), joins);
  // Sums over columns may join those over rows, but not the other way round.
  std::stable_partition(first, sweeps.end(), [&](const Sweep& sweep) {
    return walks_rows(form, form.reductions[sweep.reductions[0]].axes);
  });

  std::vector<uint32_t> stores;
  for (uint32_t s = begin.stores_end; s < end.stores_end; ++s) {
    if (form.stores[s].kind == ASG_STORE_REGISTER)
      stores.push_back(s);
    else if (form.stores[s].source >= begin.reductions_end)
      for (Sweep& sweep : sweeps)
        if (std::count(sweep.reductions.begin(), sweep.reductions.end(), form.stores[s].source))
          sweep.stores.push_back(s);
  }
  if (stores.empty()) return sweeps;
  const auto put = [&](Sweep& sweep) {
    sweep.stores.insert(sweep.stores.end(), stores.begin(), stores.end());
  };
  if (sweeps.empty())
    put(*sweeps.insert(sweeps.end(), Sweep{phase, {}, {}}));
  else if (sweeps.size() > 1 && stores_over_loads(program, form, phase, stores))
    put(sweeps.back());  // every sweep of the phase still sees what was there before
  else if (previous != nullptr && previous->reduces && !joins(sweeps[0]) &&
           !stores_over_loads(program, form, phase, stores))
    put(*sweeps.insert(sweeps.begin(), Sweep{phase, {}, {}}));
  else
    put(sweeps[0]);
  return sweeps;
}

bool conflict(const sdk::ProgramCopy& program, const Access& a, const Access& b) {
  return may_overlap(program, a, b) && !same_map(program, a, b);
}

/// Whether running `later` on a part of the domain before `earlier` has run on all of it would
/// let one see what the other must not have written yet, or miss what it must have written.
bool depend_across_points(const sdk::ProgramCopy& program, const Form& form, const Sweep& earlier,
                          const Sweep& later) {
  bool result = false;
  const auto store_access = [&](uint32_t s) -> const Access& {
    return form.accesses[form.stores[s].access];
  };
  // What goes across is stored last of all.
  const auto in_the_way = earlier.across ? &may_overlap : &conflict;
  for (const uint32_t s : earlier.stores) {
    for_each_load(form, later.phase, [&](const Access& load) {
      result |= in_the_way(program, store_access(s), load);
    });
    for (const uint32_t t : later.stores)
      result |= in_the_way(program, store_access(s), store_access(t));
  }
  for (const uint32_t t : later.stores)
    for_each_load(form, earlier.phase,
                  [&](const Access& load) { result |= conflict(program, store_access(t), load); });
  return result;
}

/// Few kept points over long reductions leave threads idle: their sweeps run apart, each parallel
/// over the blocks of its reduction.
bool too_narrow(const Form& form, uint32_t axes, uint32_t threads) {
  return threads > 1 && form.points(~axes) < int64_t{threads} * 4 && form.points(axes) > 16384;
}

/// Whether the phase uses what a sweep of the nest gives only after the whole domain.
bool needs_columns(const Form& form, const Nest& nest, uint32_t phase) {
  const uint32_t begin = form.begin_of(phase).insts_end, end = form.phases[phase].insts_end;
  for (const Sweep& sweep : nest.sweeps)
    for (uint32_t i = begin; sweep.across && i < end; ++i)
      if (form.insts[i].op == ASG_EW_REDUCED &&
          std::count(sweep.reductions.begin(), sweep.reductions.end(), form.insts[i].a) != 0)
        return true;
  return false;
}

/// Whether the reductions of the sweep, over columns, can be made while the nest runs along rows.
bool can_go_across(const Form& form, const Nest& nest, const Sweep& sweep) {
  if (!nest.reduces || sweep.reductions.empty() || !walks_rows(form, nest.axes)) return false;
  const uint32_t axes = form.reductions[sweep.reductions[0]].axes;
  return axes != 0 && axes == (((1u << form.rank()) - 1) & ~nest.axes);
}

bool can_join(const sdk::ProgramCopy& program, const Form& form, const Nest& nest,
              const Sweep& sweep, uint32_t threads) {
  if (nest.single_axes != 0 || needs_columns(form, nest, sweep.phase)) return false;
  const bool reduces = !sweep.reductions.empty() && !sweep.across;
  const uint32_t axes = reduces ? form.reductions[sweep.reductions[0]].axes : nest.axes;
  if (nest.reduces && reduces && nest.axes != axes) return false;
  if ((nest.reduces || reduces) && too_narrow(form, axes, threads)) return false;
  return std::none_of(nest.sweeps.begin(), nest.sweeps.end(), [&](const Sweep& earlier) {
    return depend_across_points(program, form, earlier, sweep);
  });
}

/// Whether these axes, and no others, are the last ones.
bool reduces_last(const Form& form, uint32_t axes) {
  if (form.rank() == 0) return true;
  const uint32_t all = (1u << form.rank()) - 1, kept = all & ~axes;
  return axes != 0 && kept < (axes & ~(axes - 1));
}

}  // namespace

std::vector<Nest> make_nests(const sdk::ProgramCopy& program, const Form& form, uint32_t threads) {
  std::vector<Nest> nests;
  for (uint32_t phase = 0; phase < form.phases.size(); ++phase) {
    for (Sweep& sweep : sweeps_of(program, form, phase, nests.empty() ? nullptr : &nests.back())) {
      sweep.across = !nests.empty() && can_go_across(form, nests.back(), sweep);
      if (nests.empty() || !can_join(program, form, nests.back(), sweep, threads)) {
        nests.emplace_back();
        sweep.across = false;
      }
      Nest& nest = nests.back();
      if (!sweep.reductions.empty() && !sweep.across) {
        nest.reduces = true;
        nest.axes = form.reductions[sweep.reductions[0]].axes;
      }
      nest.sweeps.push_back(std::move(sweep));
    }
    // A reduction of an earlier phase that is stored only now is copied from scratch memory.
    const asg_phase begin = form.begin_of(phase);
    for (uint32_t s = begin.stores_end; s < form.phases[phase].stores_end; ++s) {
      const asg_store& store = form.stores[s];
      if (store.kind != ASG_STORE_REDUCTION || store.source >= begin.reductions_end) continue;
      Nest copy;
      copy.single_axes = form.reductions[store.source].axes;
      copy.sweeps.push_back({phase, {}, {s}});
      nests.push_back(std::move(copy));
    }
  }
  return nests;
}

bool walks_rows(const Form& form, uint32_t axes) {
  // Very short rows are better walked across: one vector operation then serves many of them.
  if (reduces_last(form, axes)) return form.points(axes) > 16 || form.points(~axes) < 64;
  // A row may consist of pieces, as the images of a channel are, if these are long.
  constexpr int64_t long_piece = 32;
  const uint32_t last = form.rank() - 1;
  return (axes >> last & 1) != 0 && form.dims[last] >= long_piece;
}

Access scratch_access(const Form& form, uint32_t index) {
  Access access;
  access.place = Access::Place::scratch;
  access.index = index;
  access.dtype = form.reductions[index].dtype;
  int64_t stride = 1;
  for (uint32_t d = form.rank(); d-- > 0;) {
    if ((form.reductions[index].axes >> d & 1) != 0) continue;
    access.element.coefficients[d] = stride;
    stride *= form.dims[d];
  }
  return access;
}

}  // namespace asg::cpu
