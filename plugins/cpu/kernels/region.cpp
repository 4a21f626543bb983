#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels.hpp"
#include "region/run.hpp"

namespace asg::cpu {

namespace {

/// The tape with the largest tiles whose registers fit the cache.
Tape best_tape(const sdk::ProgramCopy& program, const Form& form, const Nest& nest,
               const std::vector<bool>& kept, uint32_t threads) {
  const auto build = [&](int64_t tile) {
    return make_tape(program, form, nest, make_tiling(form, nest, tile, threads), kept);
  };
  Tape tape = build(most_points);
  // A copy has no registers to keep in the cache, and long runs are copied fastest.
  if (!nest.reduces && tape.scratch_bytes == 0) return build(1 << 15);
  if (!tape.tiling.single_tile && !tape.tiling.columns && nest.sweeps.size() > 1 &&
      tape.tiling.low.count <= block_size) {
    // What one sweep computes on the row, the next one need not compute again.
    Tape whole = build(block_size);
    constexpr std::size_t second_cache = 256u << 10;
    if (whole.scratch_bytes <= second_cache) return whole;
  }
  return fit_first_cache(std::move(tape), build);
}

/// A compiled region.
class Region {
 public:
  Region(const sdk::ProgramCopy& program, const asg_step& step, Context& context)
      : context_(context) {
    const uint32_t threads = context.pool.threads();
    const Form form = simplify(program, step);
    const std::vector<Nest> nests = make_nests(program, form, threads);
    const std::vector<bool> kept = kept_results(form, nests);
    std::size_t shared = 0, per_thread = 0;
    results_.resize(form.reductions.size());
    for (std::size_t r = 0; r < form.reductions.size(); ++r) {
      results_[r] = shared;
      const Reduction& reduction = form.reductions[r];
      if (kept[r])
        shared += whole_lines(static_cast<std::size_t>(form.points(~reduction.axes)) *
                              sdk::dtype_size(reduction.dtype));
    }
    for (const Nest& nest : nests) {
      tapes_.push_back(best_tape(program, form, nest, kept, threads));
      schedules_.push_back(make_schedule(tapes_.back(), threads));
      schedules_.back().partials = shared;
      shared += whole_lines(schedules_.back().partial_bytes);
      per_thread = std::max(per_thread, thread_bytes(tapes_.back()));
    }
    if (!form.lengths.empty() && !tapes_.empty()) {
      instances_.emplace(form, tapes_[0]);
      per_thread += form.accesses.size() * sizeof(void*);
    }
    context.workspace.reserve(per_thread, shared);
  }

  void run(const sdk::Call& call) const {
    if (instances_) return run_instances(tapes_[0], *instances_, context_, call.addresses);
    for (std::size_t i = 0; i < tapes_.size(); ++i)
      run_tape(tapes_[i], schedules_[i], context_, call.addresses, results_);
  }

 private:
  /// Which reductions are read or stored outside the nest that makes them.
  static std::vector<bool> kept_results(const Form& form, const std::vector<Nest>& nests) {
    constexpr std::size_t nowhere = SIZE_MAX;
    std::vector<std::size_t> home(form.reductions.size(), nowhere);
    std::vector<bool> kept(form.reductions.size(), false);
    for (std::size_t g = 0; g < nests.size(); ++g) {
      for (const Sweep& sweep : nests[g].sweeps)
        for (const uint32_t r : sweep.reductions) home[r] = g;
      for (const Sweep& sweep : nests[g].sweeps) {
        const uint32_t begin = form.begin_of(sweep.phase).insts_end;
        for (uint32_t i = begin; i < form.phases[sweep.phase].insts_end; ++i)
          if (form.insts[i].op == ASG_EW_REDUCED && home[form.insts[i].a] != g)
            kept[form.insts[i].a] = true;
        for (const uint32_t s : sweep.stores)
          if (form.stores[s].kind == ASG_STORE_REDUCTION && home[form.stores[s].source] != g)
            kept[form.stores[s].source] = true;
      }
    }
    return kept;
  }

  Context& context_;
  std::vector<Tape> tapes_;
  std::vector<Schedule> schedules_;
  std::vector<std::size_t> results_;  // offsets in shared scratch
  std::optional<Instances> instances_;
};

/// Whether the tile loops know the instruction; `dtype` is that of the operands for comparisons.
bool computes(uint32_t opcode, uint32_t dtype) {
  TileOp wanted{opcode, sdk::is_comparison(opcode) ? ASG_BOOL : dtype, dtype, 0};
  // A float is asked whether it is finite; the answer's row is that of BOOL.
  if (opcode == ASG_EW_IS_FINITE && dtype == ASG_BOOL) wanted.source = ASG_F32;
  if (opcode == ASG_EW_IS_FINITE && dtype != ASG_BOOL) return false;
  if (opcode == ASG_EW_RANDOM) return dtype == ASG_U32;
  return find_tile_fn(wanted) != nullptr;
}

std::vector<sdk::Capability> region_capabilities() {
  std::vector<sdk::Capability> rows;
  for (const uint32_t dtype : computed_dtypes)
    rows.push_back(sdk::region_row(
        dtype, [&](uint32_t opcode) { return computes(opcode, dtype); },
        [&](uint32_t kind) { return find_reduce_fns(kind, dtype) != nullptr; }));
  return rows;
}

}  // namespace

sdk::Kernel make_region(Context* context) {
  return {region_capabilities(), prepare<Region>(context)};
}

}  // namespace asg::cpu
