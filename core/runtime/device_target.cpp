#include "runtime/device_target.hpp"

#include <algorithm>
#include <utility>

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

// The opset and the features are those of a program as a whole, which Device::compile asks for.
std::pair<RegionLimits, MemoryLimits> limits_of(const Device& device) {
  const Capabilities& can = device.capabilities();
  // The names of all, so that one more does not compile before the passes know of it.
  const auto& [alignment, buffer_size, value_range, buffers, insts, opset, features] =
      device.limits();
  return {{.rank = can.max_region_rank(),
           .buffers = buffers,
           .insts = insts,
           .bounds = can.regions_have(ASG_CAP_BOUNDS),
           .phases = can.regions_have(ASG_CAP_PHASES),
           .instances = can.regions_have(ASG_CAP_INSTANCES)},
          {.alignment = std::max<std::uint64_t>(64, alignment),
           .value_range = value_range,
           .buffer_size = buffer_size}};
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

bool DeviceTarget::accepts_kernel(std::uint32_t kernel, const Types& types,
                                  std::uint32_t flags) const {
  return device_.capabilities().accepts_kernel(kernel, dtypes_of(types), rank_of(types), flags);
}
bool DeviceTarget::accepts_instruction(std::uint32_t instruction, DType dtype) const {
  return device_.capabilities().accepts_instruction(instruction, dtype);
}
bool DeviceTarget::accepts_reduction(std::uint32_t kind, DType dtype) const {
  return device_.capabilities().accepts_reduction(kind, dtype);
}
RegionLimits DeviceTarget::region_limits() const { return limits_of(device_).first; }
MemoryLimits DeviceTarget::memory_limits() const { return limits_of(device_).second; }

}  // namespace asg
