// REGION: everything elementwise, every affine movement and every reduction.
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "region/planner.hpp"
#include "region/rows.hpp"

namespace asg::vulkan {
namespace {

std::vector<sdk::Capability> region_capabilities(const Traits& traits) {
  std::vector<sdk::Capability> rows;
  for (const uint32_t dtype : sdk::computed_dtypes)
    if (has_registers(traits, dtype))
      rows.push_back(sdk::region_row(
          dtype, [&](uint32_t opcode) { return computes(traits, opcode, dtype); },
          [&](uint32_t kind) {
            const bool logical = kind == ASG_REDUCE_ANY || kind == ASG_REDUCE_ALL;
            const bool ordered = kind == ASG_REDUCE_MAX || kind == ASG_REDUCE_MIN;
            return ordered || logical == (dtype == ASG_BOOL);
          }));
  return rows;
}

}  // namespace

extern const KernelMaker region_kernel{ASG_OP_REGION, region_capabilities, plan_region};

}  // namespace asg::vulkan
