#include "region/run.hpp"

#include <algorithm>
#include <functional>

#include "region/reduction_tree.hpp"
#include "region/units.hpp"

namespace asg::cpu {

namespace {

/// Simple operations for each point, about.
int64_t op_weight(const Tape& tape) {
  return static_cast<int64_t>(tape.ops.size() - tape.invariant_ops) + 2;
}

/// Tiles side by side.  A reduction over nothing still has results.
int64_t low_units(const Tape& tape) { return tape.reduces() ? 1 : tape.tiling.low_tiles(); }

int64_t strips_of(const Tiling& tiling) {
  return tiling.columns ? tiling.outer.count * tiling.low_tiles() : tiling.high.count;
}

/// Bytes that the results of one block take.
std::size_t partial_stride(const Tape& tape) {
  std::size_t bytes = 0;
  for (const TapeReduction& r : tape.sweeps[0].reductions) bytes += r.element_size;
  return bytes * static_cast<std::size_t>(tape.tiling.columns ? tape.tiling.tile_low : 1);
}

class TapeRun {
 public:
  TapeRun(const Tape& tape, const Schedule& schedule, Context& context, const RunMemory& memory)
      : tape_(tape), schedule_(schedule), context_(context), memory_(memory) {}

  void tiles() const {
    const Tiling& tiling = tape_.tiling;
    const int64_t across = low_units(tape_);
    share_units([&](Frame& frame, int64_t unit) {
      int64_t outer[ASG_MAX_RANK] = {};
      const int64_t high = unit / across * tiling.tile_high, low = unit % across * tiling.tile_low;
      run_tile(frame, {high, std::min(tiling.tile_high, tiling.high.count - high), low,
                       std::min(tiling.tile_low, tiling.low.count - low), outer});
    });
  }

  void strips() const {
    share_units([&](Frame& frame, int64_t unit) {
      int64_t outer[ASG_MAX_RANK] = {};
      run_strip(frame, strip(unit, outer));
    });
  }

  void blocks() const {
    const int64_t blocks = block_count(tape_.tiling.reduced());
    const std::size_t stride = partial_stride(tape_);
    const auto partials = [&](int64_t unit) {
      return memory_.partials + static_cast<std::size_t>(unit) * stride;
    };
    share_units([&](Frame& frame, int64_t unit) {
      int64_t outer[ASG_MAX_RANK] = {};
      run_block(frame, strip(unit / blocks, outer), unit % blocks, partials(unit));
    });
    on_thread(0, [&](Frame& frame) {
      for (int64_t unit = 0; unit < schedule_.units; unit += blocks) {
        int64_t outer[ASG_MAX_RANK] = {};
        join_blocks(frame, strip(unit / blocks, outer), partials(unit), stride);
      }
    });
  }

  void lanes() const {
    share_units([](Frame& frame, int64_t unit) { run_lanes(frame, unit); });
    const Tiling& tiling = tape_.tiling;
    const int64_t columns = tiling.low.count, rows = tiling.high.count;
    const int64_t work = std::min(rows, lane_count * (rows / block_size + 1)) * 4;
    context_.share(columns, work, [&](int64_t begin, int64_t end, uint32_t thread) {
      on_thread(thread, [&](Frame& frame) {
        for (int64_t column = begin; column < end; column += tiling.tile_low)
          join_lanes(frame, column, std::min(tiling.tile_low, end - column));
      });
    });
  }

 private:
  template <class Body>
  void on_thread(uint32_t thread, const Body& body) const {
    Frame frame(tape_, context_.workspace.thread(thread), memory_);
    frame.run_invariants();
    body(frame);
    if (tape_.streams) finish_copies();
  }

  template <class Body>
  void share_units(const Body& body) const {
    context_.share(schedule_.units, schedule_.work,
                   [&](int64_t begin, int64_t end, uint32_t thread) {
                     on_thread(thread, [&](Frame& frame) {
                       for (int64_t unit = begin; unit < end; ++unit) body(frame, unit);
                     });
                   });
  }

  /// `outer` gets the strip's coordinates.
  Strip strip(int64_t number, int64_t* outer) const {
    const Tiling& tiling = tape_.tiling;
    if (!tiling.columns) return {number, 1, outer};
    const int64_t low = number % tiling.low_tiles() * tiling.tile_low;
    number /= tiling.low_tiles();
    for (std::size_t k = tiling.outer.axes.size(); k-- > 0; number /= tiling.outer.dims[k])
      outer[k] = number % tiling.outer.dims[k];
    return {low, std::min(tiling.tile_low, tiling.low.count - low), outer};
  }

  const Tape& tape_;
  const Schedule& schedule_;
  Context& context_;
  const RunMemory memory_;
};

}  // namespace

Schedule make_schedule(const Tape& tape, uint32_t threads) {
  using Unit = Schedule::Unit;
  const Tiling& tiling = tape.tiling;
  Schedule schedule;
  if (tiling.lanes > 0) {
    schedule.unit = Unit::lanes;
    schedule.units = block_count(tiling.high.count) * (lane_count / tiling.lanes);
    schedule.partial_bytes = tape.lane_bytes;
  } else if (!tiling.columns && tiling.single_tile) {
    schedule.units = tiling.high_tiles() * low_units(tape);
  } else {
    schedule.unit = Unit::strip;
    schedule.units = strips_of(tiling);
  }
  const int64_t blocks = block_count(tiling.reduced());
  if (schedule.unit == Unit::strip && threads > 1 && tape.sweeps.size() == 1 && tape.reduces() &&
      !tiling.single_tile && blocks > 1 && schedule.units < int64_t{threads} * 2) {
    schedule.unit = Unit::block;
    schedule.units *= blocks;
    schedule.partial_bytes = static_cast<std::size_t>(schedule.units) * partial_stride(tape);
  }
  const int64_t points = tiling.outer.count * tiling.high.count * tiling.low.count;
  if (schedule.units > 0)
    schedule.work = std::max<int64_t>(points, 1) / schedule.units * op_weight(tape);
  return schedule;
}

void run_tape(const Tape& tape, const Schedule& schedule, Context& context,
              std::byte* const* values, const std::vector<std::size_t>& results) {
  std::byte* shared = context.workspace.shared();
  const TapeRun run(tape, schedule, context,
                    {values, shared, results.data(), shared + schedule.partials});
  switch (schedule.unit) {
    case Schedule::Unit::tile:
      return run.tiles();
    case Schedule::Unit::strip:
      return run.strips();
    case Schedule::Unit::block:
      return run.blocks();
    case Schedule::Unit::lanes:
      return run.lanes();
  }
}

void run_epilogue(const Tape& tape, std::byte* scratch, std::byte* const* values,
                  const ProductBlock& block) {
  Frame frame(tape, scratch, {values}, &block);
  frame.run_invariants();
  const int64_t origin[ASG_MAX_RANK] = {};
  const Tiling& tiling = tape.tiling;
  for (int64_t i = 0; i < block.rows; i += tiling.tile_high)
    for (int64_t j = 0; j < block.columns; j += tiling.tile_low)
      run_tile(frame, {block.row + i, std::min(tiling.tile_high, block.rows - i), block.column + j,
                       std::min(tiling.tile_low, block.columns - j), origin});
  if (tape.streams) finish_copies();
}

Instances::Instances(const Form& form, const Tape& tape) : accesses(form.accesses.size()) {
  first_unit.push_back(0);
  for (std::size_t i = 0; i < form.lengths.size(); ++i) {
    lengths.push_back(form.lengths[i]);
    points += form.lengths[i];
    first_unit.push_back(first_unit.back() + divide_up(form.lengths[i], tape.tiling.tile_low));
    for (const Access& access : form.accesses) values.push_back(access.instances[i]);
  }
  for (uint32_t i = 0; i < tape.invariant_ops; ++i) {
    const Op& op = tape.ops[i];
    if (op.kind != Op::Kind::load && op.kind != Op::Kind::point) continue;
    const std::vector<uint32_t>& all = form.accesses[tape.maps[op.map].index].instances;
    invariants_differ |=
        std::adjacent_find(all.begin(), all.end(), std::not_equal_to<>()) != all.end();
  }
}

void run_instances(const Tape& tape, const Instances& instances, Context& context,
                   std::byte* const* values) {
  const int64_t units = instances.first_unit.back();
  if (units == 0) return;
  const auto run_units = [&](int64_t begin, int64_t end, uint32_t thread) {
    std::byte* scratch = context.workspace.thread(thread);
    // The addresses of the instance under way, after the registers'.
    auto** places = reinterpret_cast<std::byte**>(scratch + thread_bytes(tape));
    Frame frame(tape, scratch, {places});
    const auto& first = instances.first_unit;
    std::size_t i = static_cast<std::size_t>(std::upper_bound(first.begin(), first.end(), begin) -
                                             first.begin() - 1);
    const int64_t origin[ASG_MAX_RANK] = {};
    bool started = false;
    for (int64_t unit = begin; unit < end; ++i) {
      if (first[i + 1] == first[i]) continue;  // no points
      const uint32_t* of_instance = instances.values.data() + i * instances.accesses;
      for (std::size_t k = 0; k < instances.accesses; ++k) places[k] = values[of_instance[k]];
      if (!started || instances.invariants_differ) frame.run_invariants();
      started = true;
      for (; unit < end && unit < first[i + 1]; ++unit) {
        const int64_t low = (unit - first[i]) * tape.tiling.tile_low;
        run_tile(frame,
                 {0, 1, low, std::min(tape.tiling.tile_low, instances.lengths[i] - low), origin});
      }
    }
  };
  // Entering an instance costs about as much as some thousand simple operations.
  constexpr int64_t cost_of_unit = 1000;
  const int64_t work = instances.points / units * op_weight(tape) + cost_of_unit;
  context.share(units, work, run_units);
}

}  // namespace asg::cpu
