#include "check/offer.hpp"

#include <set>

#include <asg/sdk/host_kernel.hpp>
#include <asg/sdk/program.hpp>

#include "check/compare.hpp"
#include "passes/abi_names.hpp"

namespace asg::proof {
namespace {

// The numbers of the two are the same; the ABI has more types than graphs.
DType core_dtype(std::uint32_t dtype) { return static_cast<DType>(dtype); }

}  // namespace

std::span<const std::uint32_t> region_dtypes() { return sdk::computed_dtypes; }

std::vector<std::uint32_t> opcodes() {
  std::vector<std::uint32_t> known;
  for (std::uint32_t opcode = ASG_EW_IOTA; opcode < ASG_EW_COUNT; ++opcode)
    if (opcode != ASG_EW_PRODUCT && abi::instruction_name(opcode).find('#') == std::string::npos)
      known.push_back(opcode);
  return known;
}

bool has_instruction(const BareDevice& device, std::uint32_t opcode, std::uint32_t dtype) {
  return device.facts().capabilities.accepts_instruction(opcode, core_dtype(dtype));
}

bool has_reduction(const BareDevice& device, std::uint32_t kind, std::uint32_t dtype) {
  return device.facts().capabilities.accepts_reduction(kind, core_dtype(dtype));
}

bool regions_have(const BareDevice& device, std::uint32_t flag) {
  return device.facts().capabilities.regions_have(flag);
}

bool can_load(const BareDevice& device, std::uint32_t dtype) {
  return has_instruction(device, ASG_EW_LOAD, dtype);
}

bool has_kernel(const BareDevice& device, std::uint32_t op, std::span<const std::uint32_t> dtypes) {
  std::vector<DType> operands;
  for (const std::uint32_t dtype : dtypes) operands.push_back(core_dtype(dtype));
  return device.facts().capabilities.accepts_kernel(op, operands, 0);
}

RegionOffer common_offer(const BareDevice& device, const BareDevice& reference) {
  RegionOffer offer;
  offer.has_instruction = [&](std::uint32_t opcode, std::uint32_t dtype) {
    return (!sdk::is_float(dtype) || allowed_ulps(opcode) == 0) &&
           has_instruction(device, opcode, dtype) && has_instruction(reference, opcode, dtype);
  };
  const bool fixed_tree = regions_have(device, ASG_CAP_FIXED_TREE);
  offer.has_reduction = [&, fixed_tree](std::uint32_t kind, std::uint32_t dtype) {
    const bool rounds = sdk::is_float(dtype) && (kind == ASG_REDUCE_SUM || kind == ASG_REDUCE_PROD);
    return (fixed_tree || !rounds) && has_reduction(device, kind, dtype) &&
           has_reduction(reference, kind, dtype);
  };
  offer.bounds = regions_have(device, ASG_CAP_BOUNDS);
  offer.phases = regions_have(device, ASG_CAP_PHASES);
  return offer;
}

bool fits(const BareDevice& device, Case& c) {
  const DeviceLimits& limits = device.facts().limits;
  const asg_program& program = c.program.build();
  const asg_region& region = *ASG_AT(asg_region, program.regions, 0);
  const asg_step& step = *ASG_AT(asg_step, program.steps, 0);
  std::set<std::uint32_t> values(step.inputs, step.inputs + step.n_inputs);
  values.insert(step.outputs, step.outputs + step.n_outputs);
  const std::size_t buffers = values.size() + region.reductions.count;
  return (limits.max_region_insts == 0 || region.insts.count <= limits.max_region_insts) &&
         (limits.max_region_buffers == 0 || buffers <= limits.max_region_buffers);
}

}  // namespace asg::proof
