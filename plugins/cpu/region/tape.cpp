#include "region/tape.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <map>
#include <string>
#include <utility>

#include <asg/sdk/region_check.hpp>

#include "region/tape_finish.hpp"

namespace asg::cpu {

namespace {

using sdk::Error;

class TapeBuilder {
 public:
  TapeBuilder(const sdk::ProgramCopy& program, const Form& form, const Nest& nest,
              const Tiling& tiling, const std::vector<bool>& kept)
      : program_(program), form_(form), nest_(nest), kept_(kept) {
    tape_.tiling = tiling;
    full_ = varies_in_tile(tiling);
    result_varies_ = full_ & (tiling.columns ? vary_low : vary_high);
    one_point_ = tiling.outer.count * tiling.high.count * tiling.low.count == 1;
    results_.assign(form.reductions.size(), TapeStore::no_register);
  }

  Tape build() {
    for (const Sweep& sweep : nest_.sweeps) {
      if (!tape_.tiling.single_tile) forget();
      // What a sweep stores, later loads of the same memory must see.
      build_sweep(sweep);
      ++epoch_;
    }
    finish_tape(program_, form_, nest_, tape_, {std::move(sources_), std::move(results_)});
    return std::move(tape_);
  }

 private:
  using Operands = std::array<uint32_t, 3>;  // registers, 0 after the last one

  /// Everything that tells two operations apart; equal keys give equal registers.
  struct Key {
    uint32_t opcode = 0;  // ASG_EW_*; 0: expand
    uint32_t dtype = 0;
    Operands operands{};
    uint32_t access = 0;  // its number_of
    uint32_t epoch = 0;   // of a load: how often the memory may have changed
    uint64_t bits = 0;    // a constant, or a stream of random words
    uint8_t varies = 0;   // of what expands
    auto operator<=>(const Key&) const = default;
  };

  /// The register with this key, which make() gives where there is none.
  template <class Make>
  uint32_t once(const Key& key, const Make& make) {
    if (const auto it = known_.find(key); it != known_.end()) return it->second;
    return known_[key] = make();
  }

  void forget() {
    std::erase_if(known_, [&](const auto& entry) {
      return !tape_.registers[entry.second].invariant && !is_constant(entry.second);
    });
  }
  bool is_constant(uint32_t reg) const {
    return tape_.registers[reg].home == Register::Home::constant;
  }
  const Register& at(uint32_t reg) const { return tape_.registers[reg]; }

  uint32_t add_register(uint32_t dtype, uint8_t varies, bool invariant) {
    Register reg;
    reg.dtype = dtype;
    reg.element_size = static_cast<uint8_t>(sdk::dtype_size(dtype));
    reg.varies = varies;
    reg.invariant = invariant;
    tape_.registers.push_back(reg);
    return static_cast<uint32_t>(tape_.registers.size() - 1);
  }

  uint32_t add(const Op& op) {
    tape_.ops.push_back(op);
    return op.dst;
  }

  void build_sweep(const Sweep& sweep) {
    const std::vector<bool> needed = needed_by(sweep);
    TapeSweep out;
    out.across = sweep.across;
    out.ops_begin = static_cast<uint32_t>(tape_.ops.size());
    std::vector<uint32_t> regs(needed.size(), 0);
    for (uint32_t i = form_.begin_of(sweep.phase).insts_end; i < needed.size(); ++i)
      if (needed[i]) regs[i] = emit(form_.insts[i], regs);
    for (const uint32_t r : sweep.reductions) add_reduction(r, regs, out);
    for (const uint32_t s : sweep.stores) add_store(form_.stores[s], regs, out);
    out.ops_end = static_cast<uint32_t>(tape_.ops.size());
    tape_.sweeps.push_back(std::move(out));
  }

  /// The instructions that the sweep's reductions and stores come from.
  std::vector<bool> needed_by(const Sweep& sweep) const {
    std::vector<bool> needed(form_.phases[sweep.phase].insts_end, false);
    for (const uint32_t r : sweep.reductions) needed[form_.reductions[r].source] = true;
    for (const uint32_t s : sweep.stores)
      if (form_.stores[s].kind == ASG_STORE_REGISTER) needed[form_.stores[s].source] = true;
    const uint32_t begin = form_.begin_of(sweep.phase).insts_end;
    for (auto i = static_cast<uint32_t>(needed.size()); i-- > begin;) {
      if (!needed[i]) continue;
      const asg_inst& inst = form_.insts[i];
      const uint32_t operands[] = {inst.a, inst.b, inst.c};
      for (uint32_t k = 0; k < sdk::register_operands(inst.op); ++k) needed[operands[k]] = true;
    }
    return needed;
  }

  void add_reduction(uint32_t number, const std::vector<uint32_t>& regs, TapeSweep& out) {
    const Reduction& reduction = form_.reductions[number];
    TapeReduction r;
    r.fns = find_reduce_fns(reduction.kind, reduction.dtype);
    if (r.fns == nullptr)
      throw Error(ASG_UNSUPPORTED, "no reduction " + std::to_string(reduction.kind) + " of " +
                                       sdk::dtype_name(reduction.dtype));
    r.element_size = sdk::dtype_size(reduction.dtype);
    r.source = widen(regs[reduction.source], full_);
    const uint8_t varies = out.across ? full_ & vary_low : result_varies_;
    r.result = results_[number] = add_register(reduction.dtype, varies, false);
    out.reductions.push_back(r);
    if (kept_[number])
      out.result_stores.push_back({r.result, add_map(scratch_access(form_, number))});
  }

  void add_store(const asg_store& store, const std::vector<uint32_t>& regs, TapeSweep& out) {
    const Access& access = form_.accesses[store.access];
    TapeStore t;
    if (access.first_axes != 0 && add_first_store(access, regs[store.source], out)) return;
    t.map = add_map(access);
    if (store.kind == ASG_STORE_REDUCTION) {
      // A reduction of an earlier phase is copied by a nest of its own.
      t.reg = results_[store.source];
      if (t.reg == TapeStore::no_register) {
        t.reg = widen(emit_load(scratch_access(form_, store.source)), full_);
        out.stores.push_back(t);
      } else {
        out.result_stores.push_back(t);
      }
      return;
    }
    t.reg = widen(regs[store.source], full_);
    out.stores.push_back(t);
  }

  /// A store at the first point of each row, or of each column, of a register that is the same
  /// along it.
  bool add_first_store(const Access& access, uint32_t reg, TapeSweep& out) {
    const auto all_in = [&](const AxisList& list) {
      bool all = true, any = false;
      for (std::size_t k = 0; k < list.axes.size(); ++k) {
        if (list.dims[k] == 1) continue;
        (access.first_axes >> list.axes[k] & 1) != 0 ? any = true : all = false;
      }
      return all && any;
    };
    const bool low = all_in(tape_.tiling.low);
    if (!low && !all_in(tape_.tiling.high)) return false;
    TapeStore t;
    t.first = low ? vary_low : vary_high;
    if ((at(reg).varies & t.first) != 0) return false;
    Access rest = access;
    for (const uint32_t axis : (low ? tape_.tiling.low : tape_.tiling.high).axes)
      rest.first_axes &= ~(1u << axis);
    t.map = add_map(rest);
    t.reg = widen(reg, full_ & ~t.first);
    out.stores.push_back(t);
    return true;
  }

  uint32_t emit(const asg_inst& inst, const std::vector<uint32_t>& regs) {
    const uint32_t size = sdk::dtype_size(inst.dtype);
    if (size != 1 && size != 4 && size != 8)
      throw Error(ASG_UNSUPPORTED, std::string("no registers of ") + sdk::dtype_name(inst.dtype));
    switch (inst.op) {
      case ASG_EW_LOAD:
        return emit_load(form_.accesses[inst.a]);
      case ASG_EW_IMM:
        return emit_constant(inst);
      case ASG_EW_REDUCED: {
        const uint32_t reg = results_[inst.a];
        return reg != TapeStore::no_register ? reg : emit_load(scratch_access(form_, inst.a));
      }
      case ASG_EW_IOTA:
        return emit_numbers(inst);
      case ASG_EW_RANDOM:
        return emit_random(inst, regs);
      case ASG_EW_PRODUCT:
        return emit_product(inst);
      default:
        return emit_compute(inst, regs);
    }
  }

  uint32_t add_map(const Access& access) {
    tape_.maps.push_back(make_map(tape_.tiling, access));
    sources_.push_back(access);
    return static_cast<uint32_t>(tape_.maps.size() - 1);
  }

  /// Number of the access among those seen; equal accesses have equal numbers.
  uint32_t number_of(const Access& access) {
    const auto found = std::find(seen_.begin(), seen_.end(), access);
    if (found != seen_.end()) return static_cast<uint32_t>(found - seen_.begin());
    seen_.push_back(access);
    return static_cast<uint32_t>(seen_.size() - 1);
  }

  bool stored_by_nest(const Access& access) const {
    for (const Sweep& sweep : nest_.sweeps)
      for (const uint32_t s : sweep.stores)
        if (may_overlap(program_, access, form_.accesses[form_.stores[s].access])) return true;
    return false;
  }

  uint32_t emit_load(const Access& access) {
    const bool stored = stored_by_nest(access);
    const Key key{.opcode = ASG_EW_LOAD,
                  .dtype = access.dtype,
                  .access = number_of(access),
                  .epoch = stored ? epoch_ : 0};
    return once(key, [&] {
      Op op;
      op.map = add_map(access);
      const MemoryMap& map = tape_.maps[op.map];
      op.varies = map.varies;
      op.dst = add_register(access.dtype, map.varies, !map.varies_outer && !stored && !one_point_);
      // Memory that the nest also writes is copied, unless the tape is proved harmless later.
      op.kind = map.dense(tape_.tiling) && !stored ? Op::Kind::point : Op::Kind::load;
      if (op.kind == Op::Kind::point) tape_.registers[op.dst].home = Register::Home::memory;
      return add(op);
    });
  }

  uint32_t emit_product(const asg_inst& inst) {
    return once({.opcode = ASG_EW_PRODUCT, .dtype = inst.dtype}, [&] {
      Op op;
      op.kind = Op::Kind::product;
      op.varies = full_;
      op.dst = add_register(inst.dtype, full_, false);
      tape_.registers[op.dst].home = Register::Home::memory;
      return add(op);
    });
  }

  uint32_t emit_constant(const asg_inst& inst) {
    return once({.opcode = ASG_EW_IMM, .dtype = inst.dtype, .bits = inst.imm}, [&] {
      const uint32_t reg = add_register(inst.dtype, 0, true);
      tape_.registers[reg].home = Register::Home::constant;
      tape_.registers[reg].bits = inst.imm;
      return reg;
    });
  }

  /// The access as a map of positions only.
  static Access positions(Access access) {
    access.place = Access::Place::none;
    access.bounds.clear();
    return access;
  }

  uint32_t emit_numbers(const asg_inst& inst) {
    const Access access = positions(form_.accesses[inst.a]);
    const Key key{.opcode = ASG_EW_IOTA, .dtype = inst.dtype, .access = number_of(access)};
    return once(key, [&] {
      Op op;
      op.kind = Op::Kind::number;
      op.map = add_map(access);
      const MemoryMap& map = tape_.maps[op.map];
      op.varies = map.varies;
      op.dst = add_register(inst.dtype, op.varies, !map.varies_outer && !one_point_);
      return add(op);
    });
  }

  uint32_t emit_random(const asg_inst& inst, const std::vector<uint32_t>& regs) {
    const Access access = positions(form_.accesses[inst.c]);
    const uint32_t seed = regs[inst.a], step = regs[inst.b];
    const Key key{.opcode = ASG_EW_RANDOM,
                  .dtype = inst.dtype,
                  .operands = {seed, step},
                  .access = number_of(access),
                  .bits = inst.imm};
    return once(key, [&] {
      Op op;
      op.kind = Op::Kind::random;
      op.stream = inst.imm;
      op.map = add_map(access);
      const uint8_t operands = at(seed).varies | at(step).varies;
      op.varies = tape_.maps[op.map].varies |= operands;
      op.a = operands == 0 ? seed : widen(seed, op.varies);
      op.b = operands == 0 ? step : widen(step, op.varies);
      op.dst = add_register(inst.dtype, op.varies, false);
      return add(op);
    });
  }

  /// The opcode that gives the same of exchanged operands, bit by bit; 0 where there is none.
  static uint32_t mirrored(const asg_inst& inst) {
    switch (inst.op) {
      case ASG_EW_LT:
        return ASG_EW_GT;
      case ASG_EW_GT:
        return ASG_EW_LT;
      case ASG_EW_LE:
        return ASG_EW_GE;
      case ASG_EW_GE:
        return ASG_EW_LE;
      case ASG_EW_EQ:
      case ASG_EW_NE:
      case ASG_EW_AND:
      case ASG_EW_OR:
      case ASG_EW_XOR:
      case ASG_EW_BIT_AND:
      case ASG_EW_BIT_OR:
      case ASG_EW_BIT_XOR:
        return inst.op;
      case ASG_EW_ADD:
      case ASG_EW_MUL:
      case ASG_EW_MAX:
      case ASG_EW_MIN:
        // Of two floats that are NaN the first gives the result.
        return inst.dtype == ASG_F32 || inst.dtype == ASG_F64 ? 0 : inst.op;
      default:
        return 0;
    }
  }

  uint32_t emit_compute(asg_inst inst, const std::vector<uint32_t>& regs) {
    // Loops take the operand that varies less second.
    if (const uint32_t opcode = mirrored(inst); opcode != 0) {
      const uint8_t a = at(regs[inst.a]).varies, b = at(regs[inst.b]).varies;
      if (a != b && (a & ~b) == 0) {
        inst.op = opcode;
        std::swap(inst.a, inst.b);
      }
    }
    const uint32_t count = sdk::register_operands(inst.op);
    const Operands operands = {regs[inst.a], count > 1 ? regs[inst.b] : 0,
                               count > 2 ? regs[inst.c] : 0};
    return once({.opcode = inst.op, .dtype = inst.dtype, .operands = operands},
                [&] { return add_compute(inst.op, inst.dtype, operands); });
  }

  uint32_t add_compute(uint32_t opcode, uint32_t dtype, Operands operands) {
    const uint32_t count = sdk::register_operands(opcode);
    Op op;
    bool invariant = !one_point_;
    for (uint32_t k = 0; k < count; ++k) {
      op.varies |= at(operands[k]).varies;
      invariant &= at(operands[k]).invariant;
    }
    TileOp wanted{opcode, dtype, at(operands[0]).dtype, 0};
    for (uint32_t k = 0; k < count; ++k) {
      if (at(operands[k]).varies == op.varies) continue;
      wanted.uniform |= at(operands[k]).varies == 0 ? 1u << k : 0;
    }
    op.fn = find_by_rows(wanted, operands, count, op.varies);
    op.by_rows = op.fn != nullptr;
    if (!op.by_rows) op.fn = find_tile_fn(wanted);
    if (op.fn == nullptr && wanted.uniform != 0) {
      wanted.uniform = 0;
      op.fn = find_tile_fn(wanted);
    }
    if (op.fn == nullptr)
      throw Error(ASG_UNSUPPORTED, "no instruction " + std::to_string(opcode) + " giving " +
                                       sdk::dtype_name(dtype) + " from " +
                                       sdk::dtype_name(wanted.source));
    for (uint32_t k = 0; k < count; ++k)
      if (!op.by_rows && (wanted.uniform >> k & 1) == 0)
        operands[k] = widen(operands[k], op.varies);
    op.a = operands[0];
    op.b = count > 1 ? operands[1] : operands[0];
    op.c = count > 2 ? operands[2] : operands[0];
    op.opcode = opcode;
    op.dst = add_register(dtype, op.varies, invariant && op.varies == 0);
    return add(op);
  }

  /// The loop for an instruction that is run row by row, because an operand varies with the row
  /// only or is the same for all rows; nullptr where that is not so, or does not pay.
  TileFn find_by_rows(TileOp op, const Operands& operands, uint32_t count, uint8_t varies) const {
    if (varies != (vary_high | vary_low) || tape_.tiling.tile_low < 32) return nullptr;
    bool mixed = false;
    op.uniform = 0;
    for (uint32_t k = 0; k < count; ++k) {
      mixed |= at(operands[k]).varies == vary_high || at(operands[k]).varies == vary_low;
      op.uniform |= (at(operands[k]).varies & vary_low) == 0 ? 1u << k : 0;
    }
    return mixed ? find_tile_fn(op) : nullptr;
  }

  /// A register with an element for each point in which `varies` does.
  uint32_t widen(uint32_t reg, uint8_t varies) {
    if (at(reg).varies == varies) return reg;
    return once({.operands = {reg}, .varies = varies}, [&] {
      Op op;
      op.kind = Op::Kind::expand;
      op.a = reg;
      op.varies = varies;
      op.dst = add_register(at(reg).dtype, varies, false);
      return add(op);
    });
  }

  const sdk::ProgramCopy& program_;
  const Form& form_;
  const Nest& nest_;
  const std::vector<bool>& kept_;
  Tape tape_;
  uint8_t full_ = 0, result_varies_ = 0;
  bool one_point_ = false;
  uint32_t epoch_ = 0;
  std::map<Key, uint32_t> known_;
  std::vector<Access> seen_;
  std::vector<Access> sources_;    // of every map
  std::vector<uint32_t> results_;  // register of every reduction of this nest
};

}  // namespace

Tape make_tape(const sdk::ProgramCopy& program, const Form& form, const Nest& nest,
               const Tiling& tiling, const std::vector<bool>& kept) {
  return TapeBuilder(program, form, nest, tiling, kept).build();
}

}  // namespace asg::cpu
