#include "region/tape_finish.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "region/reduction_tree.hpp"

namespace asg::cpu {

namespace {

/// Places in scratch memory, each of which serves again when what was in it is used no more.
class Slots {
 public:
  /// The offset of a place that nobody else gets before `last`.
  std::size_t take(std::size_t bytes, uint32_t last) {
    Slot slot{bytes, top_};
    if (const auto it = free_.lower_bound(bytes); it != free_.end() && it->first <= bytes * 2) {
      slot = *it;
      free_.erase(it);
    } else {
      top_ += bytes;
    }
    live_.insert({last, slot});
    return slot.second;
  }
  void release_before(uint32_t position) {
    while (!live_.empty() && live_.begin()->first < position) {
      free_.insert(live_.begin()->second);
      live_.erase(live_.begin());
    }
  }
  std::size_t bytes() const { return top_; }

 private:
  using Slot = std::pair<std::size_t, std::size_t>;  // bytes, offset
  std::size_t top_ = 0;
  std::multimap<std::size_t, std::size_t> free_;
  std::multimap<uint32_t, Slot> live_;
};

class TapeFinisher {
 public:
  TapeFinisher(const sdk::ProgramCopy& program, const Form& form, const Nest& nest, Tape& tape,
               TapeOrigins origins)
      : program_(program),
        form_(form),
        nest_(nest),
        tape_(tape),
        sources_(std::move(origins.sources)),
        results_(std::move(origins.results)),
        full_(varies_in_tile(tape.tiling)) {}

  void run() {
    join_products();
    hoist_invariants();
    store_in_place();
    ask_early();
    allocate();
    tape_.streams = std::any_of(tape_.maps.begin(), tape_.maps.end(),
                                [](const MemoryMap& map) { return map.streamed; });
  }

 private:
  const Register& at(uint32_t reg) const { return tape_.registers[reg]; }

  /// A product that is only added to something, taken from it or multiplied by it needs no register
  /// of its own.
  void join_products() {
    std::vector<uint32_t> uses(tape_.registers.size(), 0), home(tape_.registers.size(), 0);
    for (uint32_t i = 0; i < tape_.ops.size(); ++i) {
      const Op& op = tape_.ops[i];
      home[op.dst] = i;
      // Operands that an operation lacks repeat its first one: each register counts once.
      uint32_t seen[3] = {op.dst, op.dst, op.dst}, count = 0;
      for_each_operand(op, [&](uint32_t reg) {
        if (std::find(seen, seen + count, reg) == seen + count) ++uses[seen[count++] = reg];
      });
    }
    for (const TapeSweep& sweep : tape_.sweeps) {
      for (const TapeReduction& r : sweep.reductions) uses[r.source] += 2;
      for (const TapeStore& s : sweep.stores) uses[s.reg] += 2;
    }
    std::vector<bool> gone(tape_.ops.size(), false);
    for (const TapeSweep& sweep : tape_.sweeps)
      for (uint32_t i = sweep.ops_begin; i < sweep.ops_end; ++i) {
        Op& op = tape_.ops[i];
        if (op.kind != Op::Kind::compute || !takes_product(op.opcode)) continue;
        for (const bool second : {false, true}) {
          const uint32_t product = second ? op.b : op.a, other = second ? op.a : op.b;
          const uint32_t at = home[product];
          // Constants have no home.
          if (product == other || uses[product] != 1 || at < sweep.ops_begin ||
              tape_.ops[at].dst != product)
            continue;
          if (!join(op, tape_.ops[at], other, second)) continue;
          gone[at] = true;
          break;
        }
      }
    remove(gone);
  }

  static bool takes_product(uint32_t opcode) {
    return opcode == ASG_EW_ADD || opcode == ASG_EW_SUB || opcode == ASG_EW_MUL;
  }

  /// Makes `sum` do the work of `product`, too, where there is a loop for both.
  bool join(Op& sum, const Op& product, uint32_t other, bool second) const {
    if (product.kind != Op::Kind::compute || product.opcode != ASG_EW_MUL ||
        product.varies != sum.varies)
      return false;
    const bool by_rows = sum.by_rows || product.by_rows;
    const auto varies = [&](uint32_t reg) {
      return by_rows ? (at(reg).varies & vary_low) != 0 : at(reg).varies == sum.varies;
    };
    const bool swap = !varies(product.a);
    const uint32_t a = swap ? product.b : product.a, b = swap ? product.a : product.b;
    const uint32_t opcode = sum.opcode == ASG_EW_ADD   ? mul_add
                            : sum.opcode == ASG_EW_MUL ? mul_mul
                            : second                   ? sub_mul
                                                       : mul_sub;
    const uint32_t dtype = at(sum.dst).dtype;
    const uint32_t uniform = (varies(b) ? 0 : 2u) | (varies(other) ? 0 : 4u);
    const TileFn fn = find_tile_fn({opcode, dtype, dtype, uniform});
    if (fn == nullptr || !varies(a)) return false;
    sum.fn = fn;
    sum.by_rows = by_rows;
    sum.opcode = opcode;
    sum.a = a;
    sum.b = b;
    sum.c = other;
    return true;
  }

  void remove(const std::vector<bool>& gone) {
    std::vector<Op> rest;
    std::vector<uint32_t> moved(tape_.ops.size() + 1, 0);
    for (std::size_t i = 0; i < tape_.ops.size(); ++i) {
      if (!gone[i]) rest.push_back(tape_.ops[i]);
      moved[i + 1] = static_cast<uint32_t>(rest.size());
    }
    for (TapeSweep& sweep : tape_.sweeps) {
      sweep.ops_begin = moved[sweep.ops_begin];
      sweep.ops_end = moved[sweep.ops_end];
    }
    tape_.ops = std::move(rest);
  }

  /// Moves what is the same everywhere before everything else.
  void hoist_invariants() {
    std::vector<Op> front, rest;
    std::vector<uint32_t> hoisted_before(tape_.ops.size() + 1, 0);
    for (std::size_t i = 0; i < tape_.ops.size(); ++i) {
      const bool hoist = (at(tape_.ops[i].dst).invariant && tape_.ops[i].varies == 0) ||
                         same_in_all_rows(tape_.ops[i]);
      (hoist ? front : rest).push_back(tape_.ops[i]);
      hoisted_before[i + 1] = hoisted_before[i] + hoist;
    }
    tape_.invariant_ops = static_cast<uint32_t>(front.size());
    for (TapeSweep& sweep : tape_.sweeps) {
      sweep.ops_begin += tape_.invariant_ops - hoisted_before[sweep.ops_begin];
      sweep.ops_end += tape_.invariant_ops - hoisted_before[sweep.ops_end];
    }
    front.insert(front.end(), rest.begin(), rest.end());
    tape_.ops = std::move(front);
  }

  /// Numbers that count along rows, where a tile has whole ones.
  bool same_in_all_rows(const Op& op) const {
    if (op.kind != Op::Kind::number || op.varies != vary_low ||
        tape_.tiling.tile_low != tape_.tiling.low.count)
      return false;
    const MemoryMap& map = tape_.maps[op.map];
    const auto still = [](const Coefficients& c) {
      return std::all_of(c.begin(), c.end(), [](int64_t x) { return x == 0; });
    };
    return still(map.outer) && still(map.high.strides);
  }

  template <class Visit>
  static void for_each_operand(const Op& op, Visit&& visit) {
    switch (op.kind) {
      case Op::Kind::compute:
        visit(op.a);
        visit(op.b);
        visit(op.c);
        return;
      case Op::Kind::random:
        visit(op.a);
        visit(op.b);
        return;
      case Op::Kind::expand:
        visit(op.a);
        return;
      default:
        return;
    }
  }

  /// The processor follows a few streams by itself, and asking for them early, too, costs more than
  /// it brings; but what is long computed with has been forgotten when the next tile begins, and so
  /// has what several sweeps over a tile read: the last one asks for the next tile.
  void ask_early() {
    constexpr auto few = 3;
    const auto streams = std::count_if(tape_.ops.begin(), tape_.ops.end(), [&](const Op& op) {
      return op.kind == Op::Kind::point && tape_.maps[op.map].ahead != 0;
    });
    const bool long_work = streams == 1 && std::any_of(tape_.ops.begin(), tape_.ops.end(), is_long);
    const bool every_sweep = streams > few || long_work;
    if (!every_sweep && tape_.sweeps.size() < 2) return;
    for (const TapeSweep& sweep : tape_.sweeps) {
      if (!every_sweep && &sweep != &tape_.sweeps.back()) continue;
      uint32_t computations = 0;
      for (uint32_t i = sweep.ops_end; i-- > sweep.ops_begin;) {
        Op& op = tape_.ops[i];
        computations += op.kind == Op::Kind::compute;
        if (op.kind == Op::Kind::point && tape_.maps[op.map].ahead != 0)
          op.parts = std::max(computations, 1u);
      }
    }
  }
  static bool is_long(const Op& op) {
    if (op.kind == Op::Kind::random) return true;
    if (op.kind != Op::Kind::compute) return false;
    for (const uint32_t opcode : {ASG_EW_EXP, ASG_EW_LOG, ASG_EW_SIN, ASG_EW_COS, ASG_EW_TANH,
                                  ASG_EW_ERF, ASG_EW_EXPM1, ASG_EW_LOG1P, ASG_EW_POW})
      if (op.opcode == opcode) return true;
    return false;
  }

  /// Lets the last operation on a stored register write to memory itself.
  void store_in_place() {
    for (TapeSweep& sweep : tape_.sweeps) {
      std::vector<TapeStore> copied;
      for (const TapeStore& store : sweep.stores)
        if (!try_in_place(sweep, store)) copied.push_back(store);
      sweep.stores = std::move(copied);
    }
  }

  bool try_in_place(TapeSweep& sweep, const TapeStore& store) {
    const MemoryMap& map = tape_.maps[store.map];
    Register& reg = tape_.registers[store.reg];
    if (store.first != 0 || map.streamed || reg.home != Register::Home::slot ||
        reg.varies != full_ || !map.dense(tape_.tiling) || map.varies != full_)
      return false;
    for (const Sweep& p : nest_.sweeps)
      for (const uint32_t s : p.stores) {
        const Access& other = form_.accesses[form_.stores[s].access];
        if (!(other == sources_[store.map]) && may_overlap(program_, other, sources_[store.map]))
          return false;
      }
    uint32_t definition = sweep.ops_end;
    for (uint32_t i = sweep.ops_begin; i < sweep.ops_end; ++i)
      if (tape_.ops[i].dst == store.reg) definition = i;
    if (definition == sweep.ops_end || tape_.ops[definition].kind == Op::Kind::load) return false;
    // Nothing of this sweep may read, afterwards, what stood in that memory.
    for (uint32_t i = definition; i < sweep.ops_end; ++i)
      if ((tape_.ops[i].kind == Op::Kind::load || tape_.ops[i].kind == Op::Kind::point) &&
          may_overlap(program_, sources_[tape_.ops[i].map], sources_[store.map]))
        return false;
    reg.home = Register::Home::memory;
    Op op;
    op.kind = Op::Kind::point;
    op.dst = store.reg;
    op.map = store.map;
    op.varies = full_;
    tape_.ops.insert(tape_.ops.begin() + definition, op);
    for (TapeSweep& p : tape_.sweeps) {
      if (p.ops_begin > definition) ++p.ops_begin;
      if (p.ops_end > definition) ++p.ops_end;
    }
    return true;
  }

  /// Gives every register a place in the thread's scratch; places are reused.
  void allocate() {
    const std::vector<uint32_t> last = last_uses();
    Slots slots;
    const auto give = [&](uint32_t reg) {
      tape_.registers[reg].offset = slots.take(bytes_of(at(reg)), last[reg]);
    };
    auto sweep = tape_.sweeps.begin();
    const auto give_results_before = [&](uint32_t position) {
      for (; sweep != tape_.sweeps.end() && sweep->ops_end <= position; ++sweep)
        for (const TapeReduction& r : sweep->reductions) give(r.result);
    };
    const uint32_t end = static_cast<uint32_t>(tape_.ops.size());
    for (uint32_t i = 0; i < end; ++i) {
      if (i >= tape_.invariant_ops) give_results_before(i);
      slots.release_before(i);
      if (at(tape_.ops[i].dst).home == Register::Home::slot) give(tape_.ops[i].dst);
    }
    give_results_before(end);
    tape_.scratch_bytes = slots.bytes();
    place_lanes();
  }

  /// The last operation that needs each register.
  std::vector<uint32_t> last_uses() const {
    std::vector<uint32_t> last(tape_.registers.size(), 0);
    const auto use = [&](uint32_t reg, uint32_t position) {
      last[reg] = std::max(last[reg], position);
    };
    const uint32_t forever = static_cast<uint32_t>(tape_.ops.size());
    for (uint32_t i = 0; i < tape_.invariant_ops; ++i) use(tape_.ops[i].dst, forever);
    for (const TapeSweep& sweep : tape_.sweeps) {
      for (uint32_t i = sweep.ops_begin; i < sweep.ops_end; ++i)
        for_each_operand(tape_.ops[i], [&](uint32_t reg) {
          // Tiles of a sweep follow each other: what comes from outside must outlive all of them.
          use(reg, is_result(reg) ? sweep.ops_end : i);
        });
      for (const TapeReduction& r : sweep.reductions) {
        use(r.source, sweep.ops_end);
        use(r.result, sweep.ops_end);
      }
      for (const TapeStore& s : sweep.stores) use(s.reg, sweep.ops_end);
      for (const TapeStore& s : sweep.result_stores) use(s.reg, sweep.ops_end);
    }
    return last;
  }

  void place_lanes() {
    const Tiling& t = tape_.tiling;
    for (TapeSweep& sweep : tape_.sweeps)
      for (TapeReduction& r : sweep.reductions) {
        std::size_t& end = sweep.across ? tape_.lane_bytes : tape_.scratch_bytes;
        r.lanes = end;
        end += sweep.across
                   ? SharedLanes::bytes(r.element_size, t.low.count, t.high.count)
                   : ReductionTree::bytes(r.element_size, t.columns ? t.tile_low : 1, t.reduced());
      }
  }

  bool is_result(uint32_t reg) const {
    return std::find(results_.begin(), results_.end(), reg) != results_.end();
  }

  std::size_t bytes_of(const Register& reg) const {
    int64_t count = 1;
    if ((reg.varies & vary_high) != 0) count *= tape_.tiling.tile_high;
    if ((reg.varies & vary_low) != 0) count *= tape_.tiling.tile_low;
    return whole_lines(static_cast<std::size_t>(count) * reg.element_size);
  }

  const sdk::ProgramCopy& program_;
  const Form& form_;
  const Nest& nest_;
  Tape& tape_;
  std::vector<Access> sources_;    // of every map
  std::vector<uint32_t> results_;  // register of every reduction of this nest
  uint8_t full_;
};

}  // namespace

void finish_tape(const sdk::ProgramCopy& program, const Form& form, const Nest& nest, Tape& tape,
                 TapeOrigins origins) {
  TapeFinisher(program, form, nest, tape, std::move(origins)).run();
}

}  // namespace asg::cpu
