// Target: a device as the passes see it.
#pragma once
#include <asg/passes/target.hpp>
#include <asg/runtime/device.hpp>

namespace asg {

class DeviceTarget final : public Target {
 public:
  explicit DeviceTarget(Device device) : device_(std::move(device)) {}
  [[nodiscard]] std::optional<Claim> claim(const Node& node, const Graph& graph) const override;
  [[nodiscard]] bool accepts_kernel(std::uint32_t kernel, const Types& types,
                                    std::uint32_t flags) const override;
  [[nodiscard]] std::string refusal(std::uint32_t kernel, std::string_view op, const Types& types,
                                    std::size_t inputs,
                                    const Attributes& attributes) const override;
  [[nodiscard]] bool accepts_instruction(std::uint32_t instruction, DType dtype) const override;
  [[nodiscard]] bool accepts_reduction(std::uint32_t kind, DType dtype) const override;
  [[nodiscard]] RegionLimits region_limits() const override;
  [[nodiscard]] MemoryLimits memory_limits() const override;
  [[nodiscard]] std::string_view name() const override { return device_.backend_name(); }

 private:
  Device device_;
};

}  // namespace asg
