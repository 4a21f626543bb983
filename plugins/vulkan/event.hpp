// A program under way.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executable.hpp"

namespace asg::vulkan {

class VulkanEvent final : public sdk::Event {
 public:
  /// What was submitted: the steps of a program, and those that each command buffer begins with.
  struct Work {
    std::shared_ptr<const KernelNames> names;
    std::vector<uint32_t> first_steps;
  };

  VulkanEvent(VulkanDevice& device, uint64_t submission, std::shared_ptr<ErrorCell> errors,
              Work work)
      : device_(device),
        submission_(submission),
        errors_(std::move(errors)),
        work_(std::move(work)) {}

  bool wait(uint64_t timeout_ns) override;
  std::vector<asg_step_time> profile() override;

  /// The run writes two times for each step.
  void time(vk::QueryPool times, std::size_t steps) {
    times_ = times;
    steps_ = steps;
  }

 private:
  std::string unfinished() const;

  VulkanDevice& device_;
  uint64_t submission_;
  std::shared_ptr<ErrorCell> errors_;
  Work work_;
  vk::QueryPool times_;
  std::size_t steps_ = 0;
};

}  // namespace asg::vulkan
