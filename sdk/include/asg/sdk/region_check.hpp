// asg/sdk/region_check.hpp - whether a region, or the epilogue of a product, keeps the rules of
// backend.h: registers, types, phases, accesses, instances.  What passes can be executed without
// looking at an index twice; whether the elements touched lie inside their values is for the
// executor.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include <asg/sdk/backend.h>
#include <asg/sdk/error.hpp>
#include <asg/sdk/program.hpp>
#include <asg/sdk/program_copy.hpp>

namespace asg::sdk {

/// How many of a, b, c are registers; RANDOM has 2.  0 for the opcodes that read none.
constexpr uint32_t register_operands(uint32_t opcode) {
  if (opcode == ASG_EW_WHERE) return 3;
  if (opcode == ASG_EW_PRODUCT) return 0;
  if (opcode == ASG_EW_RANDOM || opcode >= ASG_EW_ADD) return 2;
  return opcode < ASG_EW_CAST ? 0 : 1;
}

/// Checks one region of a program.
class RegionChecker {
 public:
  RegionChecker(const ProgramCopy& program, const asg_step& step)
      : program_(program),
        step_(step),
        region_(*program.region(step)),
        insts_(region_.insts),
        accesses_(region_.accesses),
        reductions_(region_.reductions),
        instances_(region_.instances) {}

  void run() {
    if (step_.op == ASG_OP_MATMUL) check_epilogue();
    const Span<asg_phase> phases = region_.phases;
    const Span<asg_store> stores = region_.stores;
    asg_phase previous{};
    for (const asg_phase& phase : phases) {
      first_ = previous.insts_end;
      last_reduced_ = previous.reductions_end;
      for (uint32_t k = first_; k < phase.insts_end; ++k) check_instruction(k);
      for (uint32_t r = previous.reductions_end; r < phase.reductions_end; ++r)
        check_reduction(r, phase);
      for (uint32_t s = previous.stores_end; s < phase.stores_end; ++s)
        check_store(stores[s], s, phase);
      previous = phase;
    }
    require(previous.insts_end == insts_.size() && previous.reductions_end == reductions_.size() &&
                previous.stores_end == stores.size(),
            "the region", "has parts that belong to no phase");
  }

 private:
  static void require(bool ok, const std::string& where, const char* what) {
    if (!ok) throw Error(ASG_INVALID_ARGUMENT, "malformed region: " + where + " " + what);
  }

  /// The domain of an epilogue is the product's.
  void check_epilogue() const {
    require(
        region_.phases.count == 1 && region_.reductions.count == 0 && region_.instances.count == 0,
        "an epilogue", "has more than one phase without reductions and instances");
    require(step_.n_inputs >= 2, "an epilogue", "belongs to a product without two operands");
    const asg_value &a = program_.input(step_, 0), &b = program_.input(step_, 1);
    bool fits = a.rank >= 2 && b.rank == a.rank && region_.rank == a.rank;
    for (uint32_t d = 0; fits && d < a.rank; ++d)
      fits = region_.dims[d] == (d + 1 < a.rank ? a : b).shape[d];
    require(fits, "an epilogue", "has another domain than the product");
  }

  bool in_phase(uint32_t reg, uint32_t end) const { return reg >= first_ && reg < end; }

  void check_instruction(uint32_t k) const {
    const asg_inst& inst = insts_[k];
    const std::string where = "instruction " + std::to_string(k);
    const uint32_t operands[] = {inst.a, inst.b, inst.c};
    const uint32_t n = register_operands(inst.op);
    for (uint32_t i = 0; i < n; ++i)
      require(in_phase(operands[i], k), where, "reads a register that is not earlier in its phase");
    const auto dtype = [&](uint32_t i) { return insts_[operands[i]].dtype; };
    switch (inst.op) {
      case ASG_EW_LOAD:
        check_access(inst.a, inst.dtype, where);
        check_listed(inst.a, step_.inputs + operands_, step_.n_inputs - operands_, where,
                     "loads a value that is no input of the region");
        return;
      case ASG_EW_PRODUCT:
        require(step_.op == ASG_OP_MATMUL, where, "reads a product, but there is none");
        for (uint32_t i = first_; i < k; ++i)
          require(insts_[i].op != ASG_EW_PRODUCT || insts_[i].dtype == inst.dtype, where,
                  "reads the product in another type than an earlier one");
        return;
      case ASG_EW_IMM:
        return;
      case ASG_EW_REDUCED:
        require(inst.a < last_reduced_, where, "reads a reduction that is not of an earlier phase");
        require(reductions_[inst.a].dtype == inst.dtype, where,
                "reads a reduction of another type");
        return;
      case ASG_EW_IOTA:
        require(inst.a < accesses_.size(), where, "names an access that does not exist");
        require(inst.dtype != ASG_BOOL, where, "counts in bool");
        return;
      case ASG_EW_RANDOM:
        require(inst.c < accesses_.size(), where, "names an access that does not exist");
        require(inst.dtype == ASG_U32 && dtype(0) == ASG_I64 && dtype(1) == ASG_I64, where,
                "must make u32 of an i64 seed and an i64 step");
        return;
      case ASG_EW_CAST:
        return;
      case ASG_EW_BITCAST:
        require(dtype_size(inst.dtype) == dtype_size(dtype(0)), where,
                "reinterprets a type of another size");
        return;
      case ASG_EW_WHERE:
        require(dtype(0) == ASG_BOOL && dtype(1) == inst.dtype && dtype(2) == inst.dtype, where,
                "has operands of the wrong type");
        return;
      case ASG_EW_IS_FINITE:
        require(inst.dtype == ASG_BOOL && is_float(dtype(0)), where, "must make bool of a float");
        return;
      default:
        break;
    }
    if (is_comparison(inst.op)) {
      require(inst.dtype == ASG_BOOL && dtype(0) == dtype(1), where,
              "must make bool of two registers of one type");
      return;
    }
    for (uint32_t i = 0; i < n; ++i)
      require(dtype(i) == inst.dtype, where, "has operands of another type than its result");
    const bool logical = inst.op == ASG_EW_NOT || (inst.op >= ASG_EW_AND && inst.op <= ASG_EW_XOR);
    require(!logical || inst.dtype == ASG_BOOL, where, "must be bool");
    const bool bitwise = inst.op >= ASG_EW_BIT_AND && inst.op <= ASG_EW_SHIFT_RIGHT;
    require(!bitwise || is_integer(inst.dtype), where, "must be an integer");
    const bool function = (inst.op >= ASG_EW_EXP && inst.op <= ASG_EW_TANH) ||
                          (inst.op >= ASG_EW_ERF && inst.op <= ASG_EW_LOG1P);
    require(!function || is_float(inst.dtype), where, "must be a float");
  }

  /// Calls visit(value) with every value that the access touches: one, or one of each instance.
  template <class Visit>
  void for_each_value(uint32_t access, Visit visit) const {
    if (instances_.size() == 0) return visit(accesses_[access].value);
    for (const asg_instance& instance : instances_) visit(instance.values[access]);
  }

  void check_listed(uint32_t access, const uint32_t* list, uint32_t count, const std::string& where,
                    const char* what) const {
    for_each_value(access, [&](uint32_t value) {
      require(std::find(list, list + count, value) != list + count, where, what);
    });
  }

  void check_access(uint32_t index, uint32_t dtype, const std::string& where) const {
    require(index < accesses_.size(), where, "names an access that does not exist");
    for_each_value(index, [&](uint32_t value) {
      require(value < program_.values().size(), where, "touches a value that does not exist");
      require(program_.values()[value].dtype == dtype, where,
              "has another type than the value it touches");
    });
  }

  void check_reduction(uint32_t r, const asg_phase& phase) const {
    const asg_reduction& reduction = reductions_[r];
    const std::string where = "reduction " + std::to_string(r);
    require(in_phase(reduction.source, phase.insts_end), where,
            "reads a register of another phase");
    require(insts_[reduction.source].dtype == reduction.dtype, where,
            "has another type than its source");
    require(reduction.axes >> region_.rank == 0, where, "reduces an axis that does not exist");
    const bool logical = reduction.kind == ASG_REDUCE_ANY || reduction.kind == ASG_REDUCE_ALL;
    require(!logical || reduction.dtype == ASG_BOOL, where, "must be bool");
  }

  void check_store(const asg_store& store, uint32_t s, const asg_phase& phase) const {
    const std::string where = "store " + std::to_string(s);
    const asg_access& access = accesses_[store.access];
    check_listed(store.access, step_.outputs, step_.n_outputs, where,
                 "writes a value that is no output of the step");
    if (store.kind == ASG_STORE_REGISTER) {
      require(in_phase(store.source, phase.insts_end), where, "writes a register of another phase");
      check_access(store.access, insts_[store.source].dtype, where);
      return;
    }
    require(store.kind == ASG_STORE_REDUCTION, where, "is of an unknown kind");
    require(store.source < phase.reductions_end, where, "writes a reduction of a later phase");
    const asg_reduction& reduction = reductions_[store.source];
    check_access(store.access, reduction.dtype, where);
    for (uint32_t d = 0; d < region_.rank; ++d) {
      if ((reduction.axes >> d & 1) == 0) continue;
      bool still = access.strides[d] == 0;
      for (const asg_bound& bound : Span<asg_bound>(access.bounds)) still &= bound.coef[d] == 0;
      require(still, where, "moves along an axis that its reduction removed");
    }
  }

  const ProgramCopy& program_;
  const asg_step& step_;
  const asg_region& region_;
  Span<asg_inst> insts_;
  Span<asg_access> accesses_;
  Span<asg_reduction> reductions_;
  Span<asg_instance> instances_;
  uint32_t operands_ = step_.op == ASG_OP_MATMUL ? 2 : 0;  // inputs that the region does not load
  uint32_t first_ = 0;                                     // first register of the phase under way
  uint32_t last_reduced_ = 0;                              // reductions of earlier phases end here
};

/// Checks the region of a REGION step or the epilogue of a MATMUL step.
/// Errors: ASG_INVALID_ARGUMENT saying which rule is broken where.
inline void check_region(const ProgramCopy& program, const asg_step& step) {
  RegionChecker(program, step).run();
}

}  // namespace asg::sdk
