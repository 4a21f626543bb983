// REGION: everything elementwise, every affine movement and every reduction.
#include <memory>

#include "kernels.hpp"
#include "region/instructions.hpp"
#include "region/reduction_tree.hpp"
#include "region/runner.hpp"

namespace asg::reference {
namespace {

/// Whether the instruction is there; `dtype` is that of the operands for comparisons.
bool computes(uint32_t opcode, uint32_t dtype) {
  switch (opcode) {
    case ASG_EW_CAST:
      return true;
    case ASG_EW_RANDOM:
      return dtype == ASG_U32;
    case ASG_EW_IS_FINITE:
      return find_instruction(opcode, dtype, ASG_F32) != nullptr && dtype == ASG_BOOL;
    default:
      return sdk::is_comparison(opcode) || find_instruction(opcode, dtype, dtype) != nullptr;
  }
}

}  // namespace

sdk::Kernel make_region() {
  sdk::Kernel kernel;
  // What the tables of instructions and reductions hold, asked one by one.
  for (const uint32_t dtype : computed_dtypes)
    kernel.capabilities.push_back(sdk::region_row(
        dtype, [&](uint32_t opcode) { return computes(opcode, dtype); },
        [&](uint32_t kind) { return make_reduction_tree(kind, dtype, 1, 1, true) != nullptr; }));
  kernel.prepare = [](const sdk::ProgramCopy& program, const asg_step& step) {
    auto runner = std::make_shared<RegionRunner>(program, step);
    return [runner](const sdk::Call& call) { runner->run(call); };
  };
  return kernel;
}

}  // namespace asg::reference
