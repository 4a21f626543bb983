// REGION: everything elementwise, every affine movement and every reduction.
#include <memory>

#include "dtypes.hpp"
#include "kernels.hpp"
#include "region/instructions.hpp"
#include "region/reduction_tree.hpp"
#include "region/runner.hpp"

namespace asg::reference {
namespace {

/// Whether the instruction is there; `dtype` is that of the operands for comparisons.
bool supports(uint32_t opcode, uint32_t dtype) {
  switch (opcode) {
    case ASG_EW_LOAD:
    case ASG_EW_IMM:
    case ASG_EW_REDUCED:
    case ASG_EW_CAST:
      return true;
    case ASG_EW_IOTA:
      return dtype != ASG_BOOL;
    case ASG_EW_RANDOM:
      return dtype == ASG_U32;
    case ASG_EW_IS_FINITE:
      return find_instruction(opcode, dtype, ASG_F32) != nullptr && dtype == ASG_BOOL;
    default:
      if (sdk::is_comparison(opcode)) return true;
      return find_instruction(opcode, dtype, dtype) != nullptr;
  }
}

/// What the tables of instructions and reductions hold, asked one by one.
sdk::Capability row(uint32_t dtype) {
  sdk::Capability row{ASG_OP_REGION,
                      ASG_CAP_STRIDED | ASG_CAP_FIXED_TREE | ASG_CAP_BOUNDS | ASG_CAP_INDEX |
                          ASG_CAP_PHASES | ASG_CAP_INSTANCES,
                      ASG_MAX_RANK,
                      {ASG_DTYPE_BIT(dtype)}};
  for (uint32_t opcode = 0; opcode < ASG_EW_COUNT; ++opcode)
    if (supports(opcode, dtype)) row.instructions[opcode / 64] |= uint64_t{1} << (opcode % 64);
  for (uint32_t kind = 0; kind < 64; ++kind)
    if (make_reduction_tree(kind, dtype, 1, 1, true) != nullptr)
      row.reductions |= uint64_t{1} << kind;
  return row;
}

}  // namespace

sdk::Kernel make_region() {
  sdk::Kernel kernel;
  for (const uint32_t dtype : computed_dtypes) kernel.capabilities.push_back(row(dtype));
  kernel.prepare = [](const sdk::ProgramCopy& program, const asg_step& step) {
    auto runner = std::make_shared<RegionRunner>(program, step);
    return [runner](const sdk::Call& call) { runner->run(call); };
  };
  return kernel;
}

}  // namespace asg::reference
