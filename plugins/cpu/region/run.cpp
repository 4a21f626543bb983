#include "run.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

#include <asg/sdk/program.hpp>

#include "ahead.hpp"

namespace asg::cpu {

namespace {

/// One thread's view of a running tape.
class Frame {
 public:
  Frame(const Tape& tape, std::byte* scratch, std::byte* shared, std::byte* const* values,
        const std::vector<std::size_t>& results)
      : tape_(tape), scratch_(scratch), shared_(shared), values_(values), results_(results) {
    registers_ = reinterpret_cast<void**>(scratch + tape.scratch_bytes);
    for (std::size_t r = 0; r < tape.registers.size(); ++r) {
      const Register& reg = tape.registers[r];
      registers_[r] = reg.home == Register::Home::constant
                          ? const_cast<uint64_t*>(&reg.bits)
                          : static_cast<void*>(scratch + reg.offset);
    }
  }

  /// What is the same at every point; before anything else.
  void run_invariants() {
    const int64_t origin[ASG_MAX_RANK] = {};
    run_ops(0, tape_.invariant_ops, Tile{0, 1, 0, tape_.nest.tile_low, origin});
  }

  void set_product(const ProductBlock& block) { product_ = &block; }

  /// All passes on rows [high, high + n) that lie whole in one tile, or on one tile of a map.
  void run_tile(const Tile& tile) {
    for (const TapePass& pass : tape_.passes) {
      run_pass(pass, tile);
      if (pass.across) {
        for (const TapeReduction& r : pass.reductions) add_across(r, tile);
        continue;
      }
      for (const TapeReduction& r : pass.reductions)
        r.fns->rows(registers_[r.result], registers_[r.source], tile.n_high, tile.n_low);
      store_results(pass, Tile{tile.high, tile.n_high, 0, 1, tile.outer});
    }
  }

  /// All passes on one row that takes several tiles.
  void run_row(int64_t row, const int64_t* outer) {
    for (const TapePass& pass : tape_.passes) {
      if (pass.across) {
        row_across(pass, row, outer);
        continue;
      }
      begin(pass, 1);
      for (int64_t b = 0; b * block_size < tape_.nest.low.count; ++b) {
        row_block(pass, row, outer, b);
        for (const TapeReduction& r : pass.reductions) push(r, 1, b);
      }
      for (const TapeReduction& r : pass.reductions) finish(r, 1, blocks());
      store_results(pass, Tile{row, 1, 0, 1, outer});
    }
  }

  /// All passes on all rows of some columns.
  void run_columns(int64_t low, int64_t n_low, const int64_t* outer) {
    for (const TapePass& pass : tape_.passes) {
      begin(pass, n_low);
      for (int64_t b = 0; b * block_size < tape_.nest.high.count; ++b) {
        column_block(pass, low, n_low, outer, b);
        for (const TapeReduction& r : pass.reductions) push(r, n_low, b);
      }
      for (const TapeReduction& r : pass.reductions) finish(r, n_low, blocks());
      store_results(pass, Tile{0, 1, low, n_low, outer});
    }
  }

  /// The rows of some lanes of a block, with what they add to the reductions across.
  void run_sweep(int64_t unit) {
    const Nest& nest = tape_.nest;
    const int64_t groups = lane_count / nest.lanes;
    const int64_t block = unit / groups, first_lane = unit % groups * nest.lanes;
    for (const TapePass& pass : tape_.passes)
      for (const TapeReduction& r : pass.reductions)
        if (pass.across) r.fns->fill(lane(r, block, first_lane, 0), nest.lanes * nest.low.count);
    const int64_t origin[ASG_MAX_RANK] = {};
    const int64_t end = std::min(nest.high.count, (block + 1) * block_size);
    // Rows of all lanes follow each other; those of some lanes come in groups, 16 rows apart.
    const bool all_lanes = groups == 1;
    const int64_t rows = all_lanes ? block_size : nest.lanes;
    const int64_t step = all_lanes ? block_size : lane_count;
    for (int64_t first = block * block_size + first_lane; first < end; first += step) {
      const int64_t last = std::min(first + rows, end);
      for (int64_t high = first; high < last; high += nest.tile_high) {
        if (nest.single_tile)
          run_tile(Tile{high, std::min(nest.tile_high, last - high), 0, nest.low.count, origin});
        else
          run_row(high, origin);
      }
    }
  }

  /// The results of the reductions across, for some columns, from the lanes of all blocks.
  void finish_sweep(int64_t low, int64_t n_low) {
    const int64_t rows = tape_.nest.high.count;
    const int64_t count = (rows + block_size - 1) / block_size;
    const auto join = [&](const TapeReduction& r, std::byte* to, const std::byte* from) {
      r.fns->combine(to, to, from, nullptr, n_low);
    };
    const auto finish_one = [&](const TapeReduction& r) {
      if (count == 0) return r.fns->fill(registers_[r.result], n_low);
      for (int64_t b = 0; b < count; ++b) {
        const int64_t used = std::min(lane_count, rows - b * block_size);
        for (int64_t h = lane_count / 2; h > 0; h /= 2)
          for (int64_t i = 0; i < h && i + h < used; ++i)
            join(r, lane(r, b, i, low), lane(r, b, i + h, low));
      }
      for (int64_t distance = 1; distance < count; distance *= 2)
        for (int64_t b = 0; b + distance < count; b += 2 * distance)
          join(r, lane(r, b, 0, low), lane(r, b + distance, 0, low));
      std::memcpy(registers_[r.result], lane(r, 0, 0, low),
                  static_cast<std::size_t>(n_low) * r.element_size);
    };
    const int64_t origin[ASG_MAX_RANK] = {};
    // Results of different passes may share their place: each is stored before the next is made.
    for (const TapePass& pass : tape_.passes) {
      if (!pass.across) continue;
      for (const TapeReduction& r : pass.reductions) finish_one(r);
      store_results(pass, Tile{0, 1, low, n_low, origin});
    }
  }

  // One block of a reduction alone; its results go to `partials`, one after the other.
  void run_row_block(int64_t row, int64_t block, const int64_t* outer, std::byte* partials) {
    begin(tape_.passes[0], 1);
    row_block(tape_.passes[0], row, outer, block);
    keep(1, partials);
  }
  void run_column_block(int64_t low, int64_t n_low, int64_t block, const int64_t* outer,
                        std::byte* partials) {
    begin(tape_.passes[0], n_low);
    column_block(tape_.passes[0], low, n_low, outer, block);
    keep(n_low, partials);
  }
  /// Joins what run_*_block left for all blocks; `stride` is the distance between two blocks.
  void join_blocks(int64_t width, const std::byte* partials, std::size_t stride, const Tile& tile) {
    const TapePass& pass = tape_.passes[0];
    for (int64_t b = 0; b < blocks(); ++b) {
      const std::byte* from = partials + static_cast<std::size_t>(b) * stride;
      for (const TapeReduction& r : pass.reductions) {
        const std::size_t bytes = static_cast<std::size_t>(width) * r.element_size;
        std::memcpy(scratch_ + r.lanes, from, bytes);
        from += bytes;
        push(r, width, b);
      }
    }
    for (const TapeReduction& r : pass.reductions) finish(r, width, blocks());
    store_results(pass, tile);
  }

  void set_sweep(std::byte* lanes) { sweep_ = lanes; }

 private:
  std::byte* lane(const TapeReduction& r, int64_t block, int64_t number, int64_t low) const {
    const int64_t at = (block * lane_count + number) * tape_.nest.low.count + low;
    return sweep_ + r.lanes + static_cast<std::size_t>(at) * r.element_size;
  }
  /// Adds the rows of a tile to their lanes.
  void add_across(const TapeReduction& r, const Tile& tile) {
    const std::byte* from = static_cast<const std::byte*>(registers_[r.source]);
    const bool whole = tile.n_low == tape_.nest.low.count;
    for (int64_t row = 0; row < tile.n_high;) {
      const int64_t at = tile.high + row, number = at % lane_count;
      const int64_t count = whole ? std::min(lane_count - number, tile.n_high - row) : 1;
      std::byte* to = lane(r, at / block_size, number, tile.low);
      r.fns->combine(to, to, from + static_cast<std::size_t>(row * tile.n_low) * r.element_size,
                     nullptr, count * tile.n_low);
      row += count;
    }
  }
  void row_across(const TapePass& pass, int64_t row, const int64_t* outer) {
    const Nest& nest = tape_.nest;
    for (int64_t low = 0; low < nest.low.count; low += nest.tile_low) {
      const Tile tile{row, 1, low, std::min(nest.tile_low, nest.low.count - low), outer};
      run_pass(pass, tile);
      for (const TapeReduction& r : pass.reductions) add_across(r, tile);
    }
  }

  int64_t blocks() const { return (tape_.nest.reduced() + block_size - 1) / block_size; }

  std::byte* memory(const MemoryMap& map) const {
    if (map.place == Access::Place::value) return values_[map.index];
    return map.place == Access::Place::scratch ? shared_ + results_[map.index] : nullptr;
  }

  void run_ops(uint32_t begin, uint32_t end, const Tile& tile) {
    Ahead ahead;
    for (uint32_t i = begin; i < end; ++i) {
      const Op& op = tape_.ops[i];
      switch (op.kind) {
        case Op::Kind::compute:
          ahead.step();
          if (op.by_rows) {
            run_by_rows(op, tile);
            break;
          }
          op.fn(registers_[op.dst], registers_[op.a], registers_[op.b], registers_[op.c],
                tile.count(op.varies));
          break;
        case Op::Kind::point: {
          const MemoryMap& map = tape_.maps[op.map];
          std::byte* place = memory(map) + map.offset(tile) * map.element_size;
          registers_[op.dst] = place;
          if (op.parts != 0)
            ahead.add(place + map.ahead, tile.count(op.varies) * map.element_size, op.parts);
          break;
        }
        case Op::Kind::product: {
          const int64_t place =
              (tile.high - product_->row) * product_->stride + tile.low - product_->column;
          registers_[op.dst] = const_cast<std::byte*>(
              product_->data + place * sdk::dtype_size(tape_.registers[op.dst].dtype));
          break;
        }
        case Op::Kind::load: {
          const MemoryMap& map = tape_.maps[op.map];
          load_tile(map, memory(map), tile, registers_[op.dst],
                    map.index_size != 0 ? registers_[op.b] : nullptr);
          break;
        }
        case Op::Kind::expand:
          expand_tile(sdk::dtype_size(tape_.registers[op.dst].dtype), tape_.registers[op.a].varies,
                      op.varies, tile, registers_[op.dst], registers_[op.a]);
          break;
        case Op::Kind::number:
          number_tile(tape_.maps[op.map], tape_.registers[op.dst].dtype, tile, registers_[op.dst]);
          break;
        case Op::Kind::random:
          random_tile(tape_.maps[op.map], op.stream, tile,
                      static_cast<uint32_t*>(registers_[op.dst]),
                      static_cast<const int64_t*>(registers_[op.a]),
                      static_cast<const int64_t*>(registers_[op.b]), op.c != 0);
          break;
      }
    }
  }

  void run_by_rows(const Op& op, const Tile& tile) {
    const uint32_t regs[] = {op.dst, op.a, op.b, op.c};
    std::byte* at[4];
    int64_t step[4];
    for (int k = 0; k < 4; ++k) {
      const Register& reg = tape_.registers[regs[k]];
      at[k] = static_cast<std::byte*>(registers_[regs[k]]);
      step[k] = (reg.varies & vary_high) == 0  ? 0
                : (reg.varies & vary_low) != 0 ? tile.n_low * reg.element_size
                                               : reg.element_size;
    }
    for (int64_t row = 0; row < tile.n_high; ++row) {
      op.fn(at[0], at[1], at[2], at[3], tile.n_low);
      for (int k = 0; k < 4; ++k) at[k] += step[k];
    }
  }

  void store(const TapeStore& s, const Tile& tile) {
    const MemoryMap& map = tape_.maps[s.map];
    store_tile(map, memory(map), tile, registers_[s.reg],
               s.index != TapeStore::no_register ? registers_[s.index] : nullptr);
  }

  void run_pass(const TapePass& pass, const Tile& tile) {
    if (tile.n_high == 0 || tile.n_low == 0) return;
    run_ops(pass.ops_begin, pass.ops_end, tile);
    for (const TapeStore& s : pass.stores) {
      if (s.first == 0)
        store(s, tile);
      else if (s.first == vary_low && tile.low == 0)
        store(s, Tile{tile.high, tile.n_high, 0, 1, tile.outer});
      else if (s.first == vary_high && tile.high == 0)
        store(s, Tile{0, 1, tile.low, tile.n_low, tile.outer});
    }
  }

  void store_results(const TapePass& pass, const Tile& tile) {
    for (const TapeStore& s : pass.result_stores) store(s, tile);
  }

  // ------------------------------------------------- the fixed tree, `width` results at a time

  std::byte* partial(const TapeReduction& r, int64_t width, int64_t level) const {
    return scratch_ + r.lanes +
           static_cast<std::size_t>((lane_count + level) * width) * r.element_size;
  }

  void begin(const TapePass& pass, int64_t width) {
    for (const TapeReduction& r : pass.reductions)
      r.fns->fill(scratch_ + r.lanes, lane_count * width);
  }

  /// Accumulates a block of one row; its result is then in lane 0.
  void row_block(const TapePass& pass, int64_t row, const int64_t* outer, int64_t block) {
    const int64_t end = std::min(tape_.nest.low.count, (block + 1) * block_size);
    for (int64_t low = block * block_size; low < end; low += tape_.nest.tile_low) {
      const int64_t n = std::min(tape_.nest.tile_low, end - low);
      run_pass(pass, Tile{row, 1, low, n, outer});
      for (const TapeReduction& r : pass.reductions)
        r.fns->accumulate(scratch_ + r.lanes, registers_[r.source], n);
    }
    for (const TapeReduction& r : pass.reductions)
      r.fns->fold(scratch_ + r.lanes, 1, std::min(lane_count, end - block * block_size));
  }

  void column_block(const TapePass& pass, int64_t low, int64_t n_low, const int64_t* outer,
                    int64_t block) {
    const int64_t begin_row = block * block_size;
    const int64_t end = std::min(tape_.nest.high.count, begin_row + block_size);
    for (int64_t high = begin_row; high < end; high += tape_.nest.tile_high) {
      const int64_t n = std::min(tape_.nest.tile_high, end - high);
      run_pass(pass, Tile{high, n, low, n_low, outer});
      for (const TapeReduction& r : pass.reductions) add_rows(r, high, n, n_low);
    }
    for (const TapeReduction& r : pass.reductions)
      r.fns->fold(scratch_ + r.lanes, n_low, std::min(lane_count, end - begin_row));
  }

  void add_rows(const TapeReduction& r, int64_t high, int64_t n, int64_t width) {
    const std::byte* from = static_cast<const std::byte*>(registers_[r.source]);
    for (int64_t row = 0; row < n;) {
      const int64_t lane = (high + row) % lane_count;
      const int64_t count = std::min(lane_count - lane, n - row);
      std::byte* to = scratch_ + r.lanes + static_cast<std::size_t>(lane * width) * r.element_size;
      r.fns->combine(to, to, from + static_cast<std::size_t>(row * width) * r.element_size, nullptr,
                     count * width);
      row += count;
    }
  }

  /// Adds the result of block number `block`, in lane 0, to the pairwise tree and clears the lanes.
  void push(const TapeReduction& r, int64_t width, int64_t block) {
    std::byte* lane = scratch_ + r.lanes;
    int64_t level = 0;
    for (; (block >> level & 1) != 0; ++level)
      r.fns->combine(lane, partial(r, width, level), lane, nullptr, width);
    std::memcpy(partial(r, width, level), lane, static_cast<std::size_t>(width) * r.element_size);
    r.fns->fill(lane, lane_count * width);
  }

  /// The tree's root to the result register.
  void finish(const TapeReduction& r, int64_t width, int64_t count) {
    const std::size_t bytes = static_cast<std::size_t>(width) * r.element_size;
    void* result = registers_[r.result];
    if (count == 0) return r.fns->fill(result, width);
    int64_t level = std::countr_zero(static_cast<uint64_t>(count));
    std::memcpy(result, partial(r, width, level), bytes);
    for (++level; count >> level != 0; ++level)
      if ((count >> level & 1) != 0)
        r.fns->combine(result, partial(r, width, level), result, nullptr, width);
  }

  void keep(int64_t width, std::byte* partials) const {
    for (const TapeReduction& r : tape_.passes[0].reductions) {
      const std::size_t bytes = static_cast<std::size_t>(width) * r.element_size;
      std::memcpy(partials, scratch_ + r.lanes, bytes);
      partials += bytes;
    }
  }

  const Tape& tape_;
  std::byte* scratch_;
  std::byte* shared_;
  std::byte* const* values_;
  const std::vector<std::size_t>& results_;
  void** registers_;
  std::byte* sweep_ = nullptr;
  const ProductBlock* product_ = nullptr;
};

void locate_outer(const AxisList& list, int64_t number, int64_t* at) {
  for (std::size_t k = list.axes.size(); k-- > 0; number /= list.dims[k])
    at[k] = number % list.dims[k];
}

int64_t op_weight(const Tape& tape) {
  return static_cast<int64_t>(tape.ops.size() - tape.invariant_ops) + 2;
}

int64_t units_of(const Tape& tape) {
  const Nest& nest = tape.nest;
  if (nest.columns) return nest.outer.count * nest.low_tiles();
  if (!nest.single_tile) return nest.high.count;
  // A reduction over nothing still has results.
  return nest.high_tiles() * (tape.reduces() ? 1 : nest.low_tiles());
}

std::size_t partial_stride(const Tape& tape) {
  std::size_t bytes = 0;
  for (const TapeReduction& r : tape.passes[0].reductions) bytes += r.element_size;
  return bytes * static_cast<std::size_t>(tape.nest.columns ? tape.nest.tile_low : 1);
}

}  // namespace

Split split_reductions(const Tape& tape, uint32_t threads) {
  Split split;
  if (threads == 1 || tape.passes.size() != 1 || tape.passes[0].reductions.empty() ||
      tape.nest.single_tile || units_of(tape) >= int64_t{threads} * 2)
    return split;
  split.blocks = (tape.nest.reduced() + block_size - 1) / block_size;
  if (split.blocks > 1)
    split.partial_bytes =
        static_cast<std::size_t>(units_of(tape) * split.blocks) * partial_stride(tape);
  return split;
}

std::size_t thread_bytes(const Tape& tape) {
  return tape.scratch_bytes + tape.registers.size() * sizeof(void*);
}

void run_epilogue(const Tape& tape, std::byte* scratch, std::byte* const* values,
                  const ProductBlock& block) {
  static const std::vector<std::size_t> no_results;
  Frame frame(tape, scratch, nullptr, values, no_results);
  frame.set_product(block);
  frame.run_invariants();
  const int64_t origin[ASG_MAX_RANK] = {};
  const Nest& nest = tape.nest;
  for (int64_t i = 0; i < block.rows; i += nest.tile_high)
    for (int64_t j = 0; j < block.columns; j += nest.tile_low)
      frame.run_tile(Tile{block.row + i, std::min(nest.tile_high, block.rows - i), block.column + j,
                          std::min(nest.tile_low, block.columns - j), origin});
  if (tape.streams) finish_copies();
}

void run_tape(const Tape& tape, const Split& split, Context& context, std::byte* const* values,
              const std::vector<std::size_t>& results) {
  const Nest& nest = tape.nest;
  Workspace& workspace = context.workspace;
  const int64_t units = units_of(tape);
  if (units == 0 && nest.lanes == 0) return;
  const int64_t points = std::max<int64_t>(nest.outer.count * nest.high.count * nest.low.count, 1);
  const auto frame_of = [&](uint32_t thread) {
    Frame frame(tape, workspace.thread(thread), workspace.shared(), values, results);
    frame.set_sweep(workspace.shared() + split.sweep);
    frame.run_invariants();
    return frame;
  };
  const auto tile_of = [&](int64_t unit, int64_t* outer) {
    const int64_t low = unit % nest.low_tiles() * nest.tile_low;
    locate_outer(nest.outer, unit / nest.low_tiles(), outer);
    return Tile{0, 1, low, std::min(nest.tile_low, nest.low.count - low), outer};
  };

  if (nest.lanes > 0) {
    const int64_t sweeps =
        (nest.high.count + block_size - 1) / block_size * lane_count / nest.lanes;
    if (sweeps > 0) {
      const int64_t work = points / sweeps * op_weight(tape);
      context.pool.parallel(sweeps, grain_for(sweeps, work, context.pool.threads()),
                            [&](int64_t begin, int64_t end, uint32_t thread) {
                              Frame frame = frame_of(thread);
                              for (int64_t i = begin; i < end; ++i) frame.run_sweep(i);
                              if (tape.streams) finish_copies();
                            });
    }
    const int64_t width = nest.low.count;
    const int64_t work = std::min(nest.high.count, lane_count * (nest.high.count / block_size + 1));
    context.pool.parallel(width, grain_for(width, work * 4, context.pool.threads()),
                          [&](int64_t begin, int64_t end, uint32_t thread) {
                            Frame frame = frame_of(thread);
                            for (int64_t low = begin; low < end; low += nest.tile_low)
                              frame.finish_sweep(low, std::min(nest.tile_low, end - low));
                            if (tape.streams) finish_copies();
                          });
    return;
  }

  if (split.blocks > 1) {
    const std::size_t stride = partial_stride(tape);
    std::byte* partials = workspace.shared() + split.partials;
    const int64_t count = units * split.blocks;
    const auto run_block = [&](int64_t begin, int64_t end, uint32_t thread) {
      Frame frame = frame_of(thread);
      for (int64_t i = begin; i < end; ++i) {
        int64_t outer[ASG_MAX_RANK] = {};
        std::byte* to = partials + static_cast<std::size_t>(i) * stride;
        const int64_t unit = i / split.blocks, block = i % split.blocks;
        if (nest.columns) {
          const Tile tile = tile_of(unit, outer);
          frame.run_column_block(tile.low, tile.n_low, block, outer, to);
        } else {
          frame.run_row_block(unit, block, outer, to);
        }
      }
      if (tape.streams) finish_copies();
    };
    context.pool.parallel(
        count, grain_for(count, points / count * op_weight(tape), context.pool.threads()),
        run_block);
    Frame frame = frame_of(0);
    for (int64_t unit = 0; unit < units; ++unit) {
      int64_t outer[ASG_MAX_RANK] = {};
      const std::byte* from = partials + static_cast<std::size_t>(unit * split.blocks) * stride;
      const Tile tile = nest.columns ? tile_of(unit, outer) : Tile{unit, 1, 0, 1, outer};
      frame.join_blocks(tile.n_low, from, stride, tile);
    }
    if (tape.streams) finish_copies();
    return;
  }

  const int64_t low_units = tape.reduces() ? 1 : nest.low_tiles();
  const auto run_units = [&](int64_t begin, int64_t end, uint32_t thread) {
    Frame frame = frame_of(thread);
    for (int64_t unit = begin; unit < end; ++unit) {
      int64_t outer[ASG_MAX_RANK] = {};
      if (nest.columns) {
        const Tile tile = tile_of(unit, outer);
        frame.run_columns(tile.low, tile.n_low, outer);
      } else if (!nest.single_tile) {
        frame.run_row(unit, outer);
      } else {
        const int64_t high = unit / low_units * nest.tile_high;
        const int64_t low = unit % low_units * nest.tile_low;
        frame.run_tile(Tile{high, std::min(nest.tile_high, nest.high.count - high), low,
                            std::min(nest.tile_low, nest.low.count - low), outer});
      }
    }
    if (tape.streams) finish_copies();
  };
  context.pool.parallel(
      units, grain_for(units, points / units * op_weight(tape), context.pool.threads()), run_units);
}

Instances::Instances(const Form& form, const Tape& tape) : accesses(form.accesses.size()) {
  first_unit.push_back(0);
  for (std::size_t i = 0; i < form.lengths.size(); ++i) {
    const int64_t tile = tape.nest.tile_low;
    lengths.push_back(form.lengths[i]);
    points += form.lengths[i];
    first_unit.push_back(first_unit.back() + (form.lengths[i] + tile - 1) / tile);
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
  static const std::vector<std::size_t> no_results;
  const int64_t units = instances.first_unit.back();
  if (units == 0) return;
  const auto run_units = [&](int64_t begin, int64_t end, uint32_t thread) {
    std::byte* scratch = context.workspace.thread(thread);
    // The addresses of the instance under way, after the registers'.
    auto** places = reinterpret_cast<std::byte**>(scratch + thread_bytes(tape));
    Frame frame(tape, scratch, nullptr, places, no_results);
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
        const int64_t low = (unit - first[i]) * tape.nest.tile_low;
        frame.run_tile(
            Tile{0, 1, low, std::min(tape.nest.tile_low, instances.lengths[i] - low), origin});
      }
    }
  };
  // Entering an instance costs about as much as some thousand simple operations.
  constexpr int64_t cost_of_unit = 1000;
  const int64_t work = instances.points / units * op_weight(tape) + cost_of_unit;
  context.pool.parallel(units, grain_for(units, work, context.pool.threads()), run_units);
}

}  // namespace asg::cpu
