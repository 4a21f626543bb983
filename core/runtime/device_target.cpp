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

// A step before it is planned, in the structs of the ABI.
class StepRequest {
 public:
  StepRequest(std::uint32_t op, std::string_view name, const Types& types, std::size_t inputs,
              const Attributes& attributes)
      : name_(name), attributes_(abi_attributes(attributes)) {
    for (const TensorType& type : types) types_.push_back(abi_type(type));
    request_.struct_size = sizeof request_;
    request_.op = op;
    request_.name = name_.c_str();
    request_.n_inputs = static_cast<std::uint32_t>(inputs);
    request_.types = span_of(types_);
    request_.attrs = span_of(attributes_);
  }
  StepRequest(const StepRequest&) = delete;
  StepRequest& operator=(const StepRequest&) = delete;
  [[nodiscard]] asg_step_request& get() { return request_; }

 private:
  std::string name_;
  std::vector<asg_type> types_;
  std::vector<asg_attr> attributes_;
  asg_step_request request_{};
};

}  // namespace

std::optional<Claim> DeviceTarget::claim(const Node& node, const Graph& graph) const {
  Types types;
  for (const Value operand : node.operands) types.push_back(graph.type(operand));
  types.insert(types.end(), node.outputs.begin(), node.outputs.end());
  StepRequest request(ASG_OP_CLAIMED, node.op.name, types, node.operands.size(), node.attributes);
  request.get().version = static_cast<std::uint32_t>(node.op.version);
  const asg_claim_reply reply = device_.claim(request.get());
  if (reply.accepted == 0) return {};
  return Claim{reply.scratch_bytes, reply.strided_inputs, reply.strided_outputs};
}

std::string DeviceTarget::refusal(std::uint32_t kernel, std::string_view op, const Types& types,
                                  std::size_t inputs, const Attributes& attributes) const {
  return device_.refusal(StepRequest(kernel, op, types, inputs, attributes).get());
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
