#include "runtime/device_target.hpp"

#include <algorithm>

#include <asg/graph/op.hpp>

#include "runtime/abi_program.hpp"

namespace asg {
namespace {

std::vector<DType> dtypes_of(const Types& types) {
  std::vector<DType> result;
  for (const TensorType& type : types) result.push_back(type.dtype);
  return result;
}
int rank_of(const Types& types) {
  int rank = 0;
  for (const TensorType& type : types) rank = std::max(rank, type.shape.rank());
  return rank;
}

}  // namespace

std::optional<Claim> DeviceTarget::claim(const Node& node, const Graph& graph) const {
  std::vector<asg_type> types;
  for (const Value operand : node.operands) types.push_back(abi_type(graph.type(operand)));
  for (const TensorType& type : node.outputs) types.push_back(abi_type(type));
  const std::vector<asg_attr> attributes = abi_attributes(node.attributes);
  const std::string op(node.op.name);
  asg_claim_request request{};
  request.struct_size = sizeof request;
  request.n_inputs = static_cast<std::uint32_t>(node.operands.size());
  request.n_outputs = static_cast<std::uint32_t>(node.outputs.size());
  request.version = static_cast<std::uint32_t>(node.op.version);
  request.op = op.c_str();
  request.types = types.data();
  request.attrs = {attributes.data(), static_cast<std::uint32_t>(attributes.size()),
                   sizeof(asg_attr)};
  const asg_claim_reply reply = device_.claim(request);
  if (reply.accepted == 0) return {};
  Claim claim{reply.scratch_bytes, reply.strided_inputs, reply.strided_outputs, {}};
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(reply.n_in_place, 8); ++i)
    claim.in_place.emplace_back(reply.in_place[i][0], reply.in_place[i][1]);
  return claim;
}

bool DeviceTarget::accepts_kernel(std::uint32_t kernel, const Types& types) const {
  return device_.capabilities().accepts_kernel(kernel, dtypes_of(types), rank_of(types));
}
bool DeviceTarget::accepts_strided(std::uint32_t kernel, const Types& types) const {
  return device_.capabilities().accepts_strided(kernel, dtypes_of(types), rank_of(types));
}
bool DeviceTarget::accepts_instruction(std::uint32_t instruction, DType dtype) const {
  return device_.capabilities().accepts_instruction(instruction, dtype);
}
bool DeviceTarget::accepts_reduction(std::uint32_t kind, DType dtype) const {
  return device_.capabilities().accepts_reduction(kind, dtype);
}
bool DeviceTarget::accepts_epilogue(const Types& types) const {
  return device_.capabilities().has_kernel_flag(ASG_OP_MATMUL, dtypes_of(types), rank_of(types),
                                                ASG_CAP_EPILOGUE);
}
RegionLimits DeviceTarget::region_limits() const {
  const Capabilities& can = device_.capabilities();
  const DeviceLimits limits = device_.limits();
  return {.rank = can.max_region_rank(),
          .buffers = limits.max_region_buffers,
          .insts = limits.max_region_insts,
          .bounds = can.regions_have(ASG_CAP_BOUNDS),
          .phases = can.regions_have(ASG_CAP_PHASES),
          .instances = can.regions_have(ASG_CAP_INSTANCES)};
}
std::uint64_t DeviceTarget::alignment() const {
  return std::max<std::uint64_t>(64, device_.limits().offset_alignment);
}

}  // namespace asg
