// A program under way.
#pragma once

#include <memory>
#include <string>

#include "executable.hpp"

namespace asg::vulkan {

class VulkanEvent final : public sdk::Event {
 public:
  VulkanEvent(VulkanDevice& device, uint64_t submission, std::shared_ptr<ErrorCell> errors,
              std::string kernels)
      : device_(device),
        submission_(submission),
        errors_(std::move(errors)),
        kernels_(std::move(kernels)) {}

  bool wait(uint64_t timeout_ns) override;
  std::vector<asg_step_time> profile() override;

  /// The run writes two times for each step.
  void time(vk::QueryPool times, std::size_t steps) {
    times_ = times;
    steps_ = steps;
  }
  bool is_of(const VulkanDevice& device) const { return &device_ == &device; }

 private:
  VulkanDevice& device_;
  uint64_t submission_;
  std::shared_ptr<ErrorCell> errors_;
  std::string kernels_;
  vk::QueryPool times_;
  std::size_t steps_ = 0;
};

}  // namespace asg::vulkan
