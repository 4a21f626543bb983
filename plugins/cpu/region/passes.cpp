#include "passes.hpp"

#include <algorithm>

namespace asg::cpu {

namespace {

struct Range {
  uint32_t begin, end;
};
Range insts_of(const Form& form, uint32_t phase) {
  return {phase == 0 ? 0 : form.phases[phase - 1].insts_end, form.phases[phase].insts_end};
}

/// Loads of the phase, whether or not all passes need them.
template <class Visit>
void for_each_load(const Form& form, uint32_t phase, Visit&& visit) {
  const Range range = insts_of(form, phase);
  for (uint32_t i = range.begin; i < range.end; ++i)
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

/// The phase as passes, in an order in which they may run one after the other over the domain.
/// `previous` is the group before, which the first pass may join.
std::vector<Pass> passes_of(const sdk::ProgramCopy& program, const Form& form, uint32_t phase,
                            const Group* previous) {
  const asg_phase begin = phase == 0 ? asg_phase{} : form.phases[phase - 1];
  const asg_phase end = form.phases[phase];
  std::vector<Pass> passes;
  for (uint32_t r = begin.reductions_end; r < end.reductions_end; ++r) {
    const auto same_axes = [&](const Pass& pass) {
      return form.reductions[pass.reductions[0]].axes == form.reductions[r].axes;
    };
    auto pass = std::find_if(passes.begin(), passes.end(), same_axes);
    if (pass == passes.end()) pass = passes.insert(passes.end(), Pass{phase, {}, {}});
    pass->reductions.push_back(r);
  }
  const auto joins = [&](const Pass& pass) {
    return previous != nullptr && previous->reduces &&
           previous->axes == form.reductions[pass.reductions[0]].axes;
  };
  const auto first = std::stable_partition(passes.begin(), passes.end(), joins);
  // Sums over columns may join those over rows, but not the other way round.
  std::stable_partition(first, passes.end(), [&](const Pass& pass) {
    return walks_rows(form, form.reductions[pass.reductions[0]].axes);
  });

  std::vector<uint32_t> stores;
  for (uint32_t s = begin.stores_end; s < end.stores_end; ++s) {
    if (form.stores[s].kind == ASG_STORE_REGISTER)
      stores.push_back(s);
    else if (form.stores[s].source >= begin.reductions_end)
      for (Pass& pass : passes)
        if (std::count(pass.reductions.begin(), pass.reductions.end(), form.stores[s].source))
          pass.stores.push_back(s);
  }
  if (stores.empty()) return passes;
  const auto put = [&](Pass& pass) {
    pass.stores.insert(pass.stores.end(), stores.begin(), stores.end());
  };
  if (passes.empty())
    put(*passes.insert(passes.end(), Pass{phase, {}, {}}));
  else if (passes.size() > 1 && stores_over_loads(program, form, phase, stores))
    put(passes.back());  // every pass of the phase still sees what was there before
  else if (previous != nullptr && previous->reduces && !joins(passes[0]) &&
           !stores_over_loads(program, form, phase, stores))
    put(*passes.insert(passes.begin(), Pass{phase, {}, {}}));
  else
    put(passes[0]);
  return passes;
}

bool conflict(const sdk::ProgramCopy& program, const Access& a, const Access& b) {
  return may_overlap(program, a, b) && !same_map(program, a, b);
}

/// Whether running `later` on a part of the domain before `earlier` has run on all of it would
/// let one see what the other must not have written yet, or miss what it must have written.
bool depend_across_points(const sdk::ProgramCopy& program, const Form& form, const Pass& earlier,
                          const Pass& later) {
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

/// Few kept points over long reductions leave threads idle: their passes run apart, each parallel
/// over the blocks of its reduction.
bool too_narrow(const Form& form, uint32_t axes, uint32_t threads) {
  int64_t kept = 1, reduced = 1;
  for (uint32_t d = 0; d < form.rank(); ++d)
    ((axes >> d & 1) != 0 ? reduced : kept) *= form.dims[d];
  return threads > 1 && kept < int64_t{threads} * 4 && reduced > 16384;
}

/// Whether the phase uses what a pass of the group gives only after the whole domain.
bool needs_columns(const Form& form, const Group& group, uint32_t phase) {
  const Range range = insts_of(form, phase);
  for (const Pass& pass : group.passes)
    for (uint32_t i = range.begin; pass.across && i < range.end; ++i)
      if (form.insts[i].op == ASG_EW_REDUCED &&
          std::count(pass.reductions.begin(), pass.reductions.end(), form.insts[i].a) != 0)
        return true;
  return false;
}

/// Whether the reductions of the pass, over columns, can be made while the group runs along rows.
bool goes_across(const Form& form, const Group& group, const Pass& pass) {
  if (!group.reduces || pass.reductions.empty() || !walks_rows(form, group.axes)) return false;
  const uint32_t axes = form.reductions[pass.reductions[0]].axes;
  return axes != 0 && axes == (((1u << form.rank()) - 1) & ~group.axes);
}

bool can_join(const sdk::ProgramCopy& program, const Form& form, const Group& group,
              const Pass& pass, uint32_t threads) {
  if (group.single_axes != 0 || needs_columns(form, group, pass.phase)) return false;
  const bool reduces = !pass.reductions.empty() && !pass.across;
  const uint32_t axes = reduces ? form.reductions[pass.reductions[0]].axes : group.axes;
  if (group.reduces && reduces && group.axes != axes) return false;
  if ((group.reduces || reduces) && too_narrow(form, axes, threads)) return false;
  return std::none_of(group.passes.begin(), group.passes.end(), [&](const Pass& earlier) {
    return depend_across_points(program, form, earlier, pass);
  });
}

/// Whether these axes, and no others, are the last ones.
bool reduces_last(const Form& form, uint32_t axes) {
  if (form.rank() == 0) return true;
  const uint32_t all = (1u << form.rank()) - 1, kept = all & ~axes;
  return axes != 0 && kept < (axes & ~(axes - 1));
}

}  // namespace

std::vector<Group> make_groups(const sdk::ProgramCopy& program, const Form& form,
                               uint32_t threads) {
  std::vector<Group> groups;
  for (uint32_t phase = 0; phase < form.phases.size(); ++phase) {
    for (Pass& pass : passes_of(program, form, phase, groups.empty() ? nullptr : &groups.back())) {
      pass.across = !groups.empty() && goes_across(form, groups.back(), pass);
      if (groups.empty() || !can_join(program, form, groups.back(), pass, threads)) {
        groups.emplace_back();
        pass.across = false;
      }
      Group& group = groups.back();
      if (!pass.reductions.empty() && !pass.across) {
        group.reduces = true;
        group.axes = form.reductions[pass.reductions[0]].axes;
      }
      group.passes.push_back(std::move(pass));
    }
    // A reduction of an earlier phase that is stored only now is copied from scratch memory.
    const asg_phase begin = phase == 0 ? asg_phase{} : form.phases[phase - 1];
    for (uint32_t s = begin.stores_end; s < form.phases[phase].stores_end; ++s) {
      const asg_store& store = form.stores[s];
      if (store.kind != ASG_STORE_REDUCTION || store.source >= begin.reductions_end) continue;
      Group copy;
      copy.single_axes = form.reductions[store.source].axes;
      copy.passes.push_back({phase, {}, {s}});
      groups.push_back(std::move(copy));
    }
  }
  return groups;
}

bool walks_rows(const Form& form, uint32_t axes) {
  int64_t kept = 1, reduced = 1;
  for (uint32_t d = 0; d < form.rank(); ++d)
    ((axes >> d & 1) != 0 ? reduced : kept) *= form.dims[d];
  // Very short rows are better walked across: one vector operation then serves many of them.
  if (reduces_last(form, axes)) return reduced > 16 || kept < 64;
  // A row may consist of pieces, as the images of a channel are, if these are long.
  constexpr int64_t long_piece = 32;
  const uint32_t last = form.rank() - 1;
  return (axes >> last & 1) != 0 && form.dims[last] >= long_piece;
}

int64_t result_count(const Form& form, const Reduction& reduction) {
  int64_t count = 1;
  for (uint32_t d = 0; d < form.rank(); ++d)
    if ((reduction.axes >> d & 1) == 0) count *= form.dims[d];
  return count;
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
