// REGION: everything elementwise, every affine movement and every reduction.
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "region/planner.hpp"
#include "region/rows.hpp"

namespace asg::vulkan {
namespace {

std::vector<sdk::Capability> region_capabilities(const Traits& traits) {
  std::vector<sdk::Capability> rows;
  for (uint32_t dtype = ASG_F32; dtype <= ASG_U32; ++dtype) {
    if (!has_registers(traits, dtype)) continue;
    sdk::Capability row{ASG_OP_REGION,
                        ASG_CAP_STRIDED | ASG_CAP_FIXED_TREE | ASG_CAP_BOUNDS | ASG_CAP_INDEX |
                            ASG_CAP_PHASES | ASG_CAP_INSTANCES,
                        ASG_MAX_RANK,
                        {ASG_DTYPE_BIT(dtype)}};
    row.instructions = instruction_row(traits, dtype);
    const bool logical = dtype == ASG_BOOL;
    row.reductions =
        logical
            ? sdk::reduction_set({ASG_REDUCE_ANY, ASG_REDUCE_ALL, ASG_REDUCE_MAX, ASG_REDUCE_MIN})
            : sdk::reduction_set({ASG_REDUCE_SUM, ASG_REDUCE_PROD, ASG_REDUCE_MAX, ASG_REDUCE_MIN});
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

extern const KernelMaker region_kernel{ASG_OP_REGION, region_capabilities, plan_region};

}  // namespace asg::vulkan
