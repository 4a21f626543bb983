#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels.hpp"
#include "region/run.hpp"

namespace asg::cpu {

namespace {

using sdk::Capability;
using sdk::ProgramCopy;

// Registers of a tile should stay in the first cache; a row kept whole may use the second.
constexpr std::size_t first_cache = 40u << 10;
constexpr std::size_t second_cache = 256u << 10;

std::size_t align(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// The tape with the largest tiles whose registers fit the cache.
Tape best_tape(const ProgramCopy& program, const Form& form, const Group& group,
               const std::vector<bool>& kept, uint32_t threads) {
  const auto build = [&](int64_t tile) {
    return make_tape(program, form, group, make_nest(form, group, tile, threads), kept);
  };
  Tape tape = build(1024);
  // A copy has no registers to keep in the cache, and long runs are copied fastest.
  if (!group.reduces && tape.scratch_bytes == 0) return build(1 << 15);
  if (!tape.nest.single_tile && !tape.nest.columns && group.passes.size() > 1 &&
      tape.nest.low.count <= block_size) {
    // What one pass computes on the row, the next one need not compute again.
    Tape whole = build(block_size);
    if (whole.scratch_bytes <= second_cache) return whole;
  }
  for (int64_t tile = 512; tile >= 256 && tape.scratch_bytes > first_cache; tile /= 2)
    tape = build(tile);
  return tape;
}

/// A compiled region.
class Region {
 public:
  Region(const ProgramCopy& program, const asg_step& step, Context& context) : context_(context) {
    const uint32_t threads = context.pool.threads();
    const Form form = simplify(program, step);
    const std::vector<Group> groups = make_groups(program, form, threads);
    const std::vector<bool> kept = kept_results(form, groups);
    std::size_t shared = 0, per_thread = 0;
    results_.resize(form.reductions.size());
    for (std::size_t r = 0; r < form.reductions.size(); ++r) {
      results_[r] = shared;
      if (!kept[r]) continue;
      const Reduction& reduction = form.reductions[r];
      shared += align(static_cast<std::size_t>(result_count(form, reduction)) *
                      sdk::dtype_size(reduction.dtype));
    }
    for (const Group& group : groups) {
      tapes_.push_back(best_tape(program, form, group, kept, threads));
      splits_.push_back(split_reductions(tapes_.back(), threads));
      splits_.back().partials = shared;
      shared += align(splits_.back().partial_bytes);
      splits_.back().sweep = shared;
      shared += align(tapes_.back().sweep_bytes);
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
      run_tape(tapes_[i], splits_[i], context_, call.addresses, results_);
  }

 private:
  /// Which reductions are read or stored outside the group that makes them.
  static std::vector<bool> kept_results(const Form& form, const std::vector<Group>& groups) {
    constexpr std::size_t nowhere = SIZE_MAX;
    std::vector<std::size_t> home(form.reductions.size(), nowhere);
    std::vector<bool> kept(form.reductions.size(), false);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      for (const Pass& pass : groups[g].passes)
        for (const uint32_t r : pass.reductions) home[r] = g;
      for (const Pass& pass : groups[g].passes) {
        const uint32_t first = pass.phase == 0 ? 0 : form.phases[pass.phase - 1].insts_end;
        for (uint32_t i = first; i < form.phases[pass.phase].insts_end; ++i)
          if (form.insts[i].op == ASG_EW_REDUCED && home[form.insts[i].a] != g)
            kept[form.insts[i].a] = true;
        for (const uint32_t s : pass.stores)
          if (form.stores[s].kind == ASG_STORE_REDUCTION && home[form.stores[s].source] != g)
            kept[form.stores[s].source] = true;
      }
    }
    return kept;
  }

  Context& context_;
  std::vector<Tape> tapes_;
  std::vector<Split> splits_;
  std::vector<std::size_t> results_;  // offsets in shared scratch
  std::optional<Instances> instances_;
};

/// One row for each dtype, with every instruction that the tile loops know for it.
std::vector<Capability> capabilities() {
  std::vector<Capability> rows;
  for (const uint32_t dtype :
       {ASG_F32, ASG_F64, ASG_I8, ASG_I32, ASG_I64, ASG_U8, ASG_U32, ASG_BOOL}) {
    Capability row{ASG_OP_REGION,
                   ASG_CAP_STRIDED | ASG_CAP_FIXED_TREE | ASG_CAP_BOUNDS | ASG_CAP_INDEX |
                       ASG_CAP_PHASES | ASG_CAP_INSTANCES,
                   ASG_MAX_RANK,
                   {ASG_DTYPE_BIT(dtype)}};
    const auto add = [&](uint32_t op) { row.instructions[op / 64] |= uint64_t{1} << (op % 64); };
    for (uint32_t op = 1; op < ASG_EW_COUNT; ++op) {
      const bool compares = op >= ASG_EW_EQ && op <= ASG_EW_GE;
      TileOp wanted{op, compares ? ASG_BOOL : dtype, dtype, 0};
      // A float is asked whether it is finite; the answer's row is that of BOOL.
      if (op == ASG_EW_IS_FINITE && dtype == ASG_BOOL) wanted.source = ASG_F32;
      if (op == ASG_EW_IS_FINITE && dtype != ASG_BOOL) continue;
      if (find_tile_fn(wanted) != nullptr) add(op);
    }
    for (const uint32_t op : {ASG_EW_LOAD, ASG_EW_IMM, ASG_EW_REDUCED}) add(op);
    if (dtype != ASG_BOOL) add(ASG_EW_IOTA);
    if (dtype == ASG_U32) add(ASG_EW_RANDOM);
    for (uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_ALL; ++kind)
      if (find_reduce_fns(kind, dtype) != nullptr) row.reductions |= uint64_t{1} << kind;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

sdk::Kernel make_region(Context* context) {
  return {capabilities(), [context](const ProgramCopy& program, const asg_step& step) -> sdk::Run {
            auto region = std::make_shared<const Region>(program, step, *context);
            return [region](const sdk::Call& call) { region->run(call); };
          }};
}

}  // namespace asg::cpu
