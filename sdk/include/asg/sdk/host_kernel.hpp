// asg/sdk/host_kernel.hpp - kernels of a plugin in host memory, declared with what they accept.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/sdk/program_copy.hpp>

namespace asg::sdk {

/// A mask of the given dtypes.
constexpr uint64_t dtype_mask(std::initializer_list<uint32_t> dtypes) {
  uint64_t mask = 0;
  for (const uint32_t dtype : dtypes) mask |= ASG_DTYPE_BIT(dtype);
  return mask;
}

/// An asg_op_cap that owns its masks; see there for the meaning of the fields.
struct Capability {
  uint32_t op = 0;
  uint32_t flags = 0;
  uint32_t max_rank = ASG_MAX_RANK;
  std::vector<uint64_t> dtypes;
  std::array<uint64_t, 2> instructions{};
  uint64_t reductions = 0;

  asg_op_cap row() const {
    return {op,
            flags,
            max_rank,
            static_cast<uint32_t>(dtypes.size()),
            dtypes.data(),
            {instructions[0], instructions[1]},
            reductions};
  }
  bool has_dtype(std::size_t operand, uint32_t dtype) const {
    return !dtypes.empty() && dtype < 64 &&
           (dtypes[std::min(operand, dtypes.size() - 1)] & ASG_DTYPE_BIT(dtype)) != 0;
  }
  bool has_instruction(uint32_t opcode) const {
    return opcode < ASG_EW_COUNT && (instructions[opcode / 64] >> (opcode % 64) & 1) != 0;
  }
  bool has_reduction(uint32_t kind) const { return kind < 64 && (reductions >> kind & 1) != 0; }
};

/// The dtypes that have arithmetic, and all that are compared and moved about.
inline constexpr uint32_t number_dtypes[] = {ASG_F32, ASG_F64, ASG_I8, ASG_I32,
                                             ASG_I64, ASG_U8,  ASG_U32};
inline constexpr uint32_t computed_dtypes[] = {ASG_F32, ASG_F64, ASG_I8,  ASG_I32,
                                               ASG_I64, ASG_U8,  ASG_U32, ASG_BOOL};
inline constexpr uint32_t all_dtypes[] = {ASG_F32, ASG_F64, ASG_F16, ASG_BF16, ASG_I8,
                                          ASG_I32, ASG_I64, ASG_U8,  ASG_U32,  ASG_BOOL};
inline constexpr uint64_t index_dtypes = dtype_mask({ASG_I32, ASG_I64});

/// A row for each dtype D, in which `operands` has D where it says `same` and a mask elsewhere.
inline constexpr uint64_t same = 0;
template <class Dtypes>
std::vector<Capability> rows_per_dtype(uint32_t op, const Dtypes& dtypes,
                                       const std::vector<uint64_t>& operands) {
  std::vector<Capability> rows;
  for (const uint32_t dtype : dtypes) {
    std::vector<uint64_t> masks;
    for (const uint64_t mask : operands)
      masks.push_back(mask == same ? ASG_DTYPE_BIT(dtype) : mask);
    rows.push_back({op, ASG_CAP_STRIDED, ASG_MAX_RANK, masks});
  }
  return rows;
}

/// The REGION row of one dtype of a device that takes regions of any form: with the instructions
/// that move values, and those others and the reductions of which `computes(opcode)` and
/// `reduces(kind)` say that they are there.
template <class Computes, class Reduces>
Capability region_row(uint32_t dtype, const Computes& computes, const Reduces& reduces) {
  Capability row{
      ASG_OP_REGION,
      ASG_CAP_STRIDED | ASG_CAP_FIXED_TREE | ASG_CAP_BOUNDS | ASG_CAP_PHASES | ASG_CAP_INSTANCES,
      ASG_MAX_RANK,
      {ASG_DTYPE_BIT(dtype)}};
  const auto moves = [dtype](uint32_t opcode) {
    return opcode == ASG_EW_LOAD || opcode == ASG_EW_IMM || opcode == ASG_EW_REDUCED ||
           (opcode == ASG_EW_IOTA && dtype != ASG_BOOL);
  };
  for (uint32_t opcode = 1; opcode < ASG_EW_COUNT; ++opcode)
    if (moves(opcode) || (opcode != ASG_EW_IOTA && computes(opcode)))
      row.instructions[opcode / 64] |= uint64_t{1} << (opcode % 64);
  for (uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_ALL; ++kind)
    if (reduces(kind)) row.reductions |= uint64_t{1} << kind;
  return row;
}

/// A tensor at a place in memory, as a kernel sees it.  Strides are in elements.
struct Tensor {
  std::byte* data;  // element 0; unusable when the tensor has no elements
  const asg_value* value;

  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data);
  }
  uint32_t dtype() const { return value->dtype; }
  uint32_t rank() const { return value->rank; }
  int64_t size(uint32_t axis) const { return value->shape[axis]; }
  int64_t stride(uint32_t axis) const { return value->strides[axis]; }
  int64_t count() const { return element_count(*value); }
};

/// One execution of one step.
struct Call {
  const ProgramCopy& program;
  const asg_step& step;
  std::byte* const* addresses;  // of element 0 of every value of the program

  Tensor value(uint32_t index) const { return {addresses[index], &program.values()[index]}; }
  Tensor input(uint32_t i) const { return value(step.inputs[i]); }
  Tensor output(uint32_t i) const { return value(step.outputs[i]); }
  /// CLAIMED: the scratch value that the claim asked for.
  Tensor scratch() const { return value(step.scratch - 1); }
};

/// What executes a step.  Throws Error; the step's index is added.
using Run = std::function<void(const Call&)>;

/// A kernel: what it accepts, and how a step becomes something to run.  `prepare` is called once
/// per step in compile and may refuse with ASG_UNSUPPORTED only what the rows do not promise.
struct Kernel {
  std::vector<Capability> capabilities;
  std::function<Run(const ProgramCopy&, const asg_step&)> prepare;
  /// CLAIMED kernels: the composite op's name, and the answer to the host's question.
  std::string claimed_op = {};
  std::function<void(const asg_step_request&, asg_claim_reply&)> claim = {};
};

/// A kernel that needs no preparation.
inline Kernel plain_kernel(Capability capability, void (*run)(const Call&)) {
  return {{std::move(capability)}, [run](const ProgramCopy&, const asg_step&) { return Run(run); }};
}

/// Whether the REGION rows among `rows` accept every part of a region, by the rules above
/// asg_op_cap.  PRODUCT, which only epilogues have, needs no row.
inline bool accepts_region(const std::vector<Capability>& rows, const asg_region& region,
                           bool epilogue) {
  uint32_t needed = 0;
  for (const asg_access& access : Span<asg_access>(region.accesses))
    if (access.bounds.count > 0) needed |= ASG_CAP_BOUNDS;
  if (region.phases.count > 1) needed |= ASG_CAP_PHASES;
  if (region.instances.count > 0) needed |= ASG_CAP_INSTANCES;
  const auto some_row = [&](auto&& accepted) {
    for (const Capability& row : rows)
      if (row.op == ASG_OP_REGION && region.rank <= row.max_rank &&
          (row.flags & needed) == needed && accepted(row))
        return true;
    return false;
  };
  const Span<asg_inst> insts = region.insts;
  for (const asg_inst& inst : insts) {
    if (epilogue && inst.op == ASG_EW_PRODUCT) continue;
    const bool compares = is_comparison(inst.op), casts = inst.op == ASG_EW_CAST;
    if ((compares || casts) && inst.a >= insts.size()) return false;
    const auto accepts = [&](uint32_t dtype) {
      return some_row([&](const Capability& row) {
        return row.has_instruction(inst.op) && row.has_dtype(0, dtype);
      });
    };
    if (!compares && !accepts(inst.dtype)) return false;
    if ((compares || casts) && !accepts(insts[inst.a].dtype)) return false;
  }
  for (const asg_reduction& reduction : Span<asg_reduction>(region.reductions))
    if (!some_row([&](const Capability& row) {
          return row.has_reduction(reduction.kind) && row.has_dtype(0, reduction.dtype);
        }))
      return false;
  return true;
}

/// The element type of the product that an epilogue is applied to.
inline uint32_t product_dtype(const ProgramCopy& program, const asg_step& step) {
  for (const asg_inst& inst : Span<asg_inst>(program.region(step)->insts))
    if (inst.op == ASG_EW_PRODUCT) return inst.dtype;
  return program.input(step, 0).dtype;  // nobody reads it
}

/// Whether one row of a kernel accepts the operands of a step that is no REGION.
inline bool accepts_operands(const std::vector<Capability>& rows, const ProgramCopy& program,
                             const asg_step& step) {
  const bool epilogue = program.region(step) != nullptr;
  if (epilogue && step.n_inputs < 2) return false;
  // With an epilogue: a, b and the product; what else it touches is a matter of the region.
  const uint32_t n_inputs = epilogue ? 2 : step.n_inputs;
  for (const Capability& row : rows) {
    bool accepted = row.op == step.op && (!epilogue || (row.flags & ASG_CAP_EPILOGUE) != 0);
    for (uint32_t i = 0; accepted && i < n_inputs; ++i) {
      const asg_value& value = program.input(step, i);
      accepted = row.has_dtype(i, value.dtype) && value.rank <= row.max_rank &&
                 ((row.flags & ASG_CAP_STRIDED) != 0 || is_row_major(value));
    }
    if (accepted && epilogue) accepted = row.has_dtype(2, product_dtype(program, step));
    for (uint32_t i = 0; accepted && !epilogue && i < step.n_outputs; ++i) {
      const asg_value& value = program.output(step, i);
      accepted = row.has_dtype(n_inputs + i, value.dtype) && value.rank <= row.max_rank;
    }
    if (accepted) return true;
  }
  return false;
}

/// Whether the kernel accepts the step.  `all` are the kernels of the backend: the REGION rows
/// among them say which instructions an epilogue may have.
inline bool accepts(const Kernel& kernel, const std::vector<Kernel>& all,
                    const ProgramCopy& program, const asg_step& step) {
  if (step.op == ASG_OP_CLAIMED)
    return !kernel.claimed_op.empty() && kernel.claimed_op == step.name;
  const asg_region* region = program.region(step);
  if (step.op == ASG_OP_REGION) return accepts_region(kernel.capabilities, *region, false);
  if (!accepts_operands(kernel.capabilities, program, step)) return false;
  return region == nullptr || std::any_of(all.begin(), all.end(), [&](const Kernel& other) {
           return accepts_region(other.capabilities, *region, true);
         });
}

}  // namespace asg::sdk
