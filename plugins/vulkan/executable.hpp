// A compiled program: its steps as dispatches, recorded once for each set of bindings.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include <asg/sdk/backend.hpp>
#include <asg/sdk/program_copy.hpp>

#include "device.hpp"
#include "hazards.hpp"
#include "instance_groups.hpp"
#include "kernel.hpp"
#include "last_kernels.hpp"

namespace asg::vulkan {

/// Where shaders report an index out of range.
class ErrorCell {
 public:
  explicit ErrorCell(VulkanDevice& device);
  ~ErrorCell();
  ErrorCell(const ErrorCell&) = delete;
  ErrorCell& operator=(const ErrorCell&) = delete;
  const Allocation& memory() const { return memory_; }
  /// Throws ASG_INVALID_ARGUMENT with step, index and extent if something was reported.
  void raise();

 private:
  VulkanDevice& device_;
  Allocation memory_;
};

/// A program recorded for one set of bindings.
struct Recording {
  std::vector<uint64_t> signature;
  bool timed = false;
  std::vector<Allocation> tables;     // of instances
  std::vector<uint32_t> first_steps;  // of each command buffer
  vk::DescriptorPool descriptors;
  std::vector<vk::CommandBuffer> commands;
  vk::QueryPool times;
  uint64_t submission = 0;
};

class VulkanExecutable final : public sdk::Executable {
 public:
  VulkanExecutable(VulkanDevice& device, const asg_program& program);
  ~VulkanExecutable() override;

  std::unique_ptr<sdk::Event> execute(const sdk::ExecArgs& args) override;

 private:
  struct Planned {
    std::vector<Dispatch> dispatches;
    std::vector<const Pipeline*> pipelines;
    uint64_t temporary = 0;  // where the step's temporary memory begins
  };
  /// A dispatch as it is recorded.
  struct Launch {
    const Pipeline* pipeline;
    std::vector<vk::DescriptorBufferInfo> buffers;
    std::vector<bool> writes;  // of the buffers
    uint64_t groups;
    uint32_t count, part;
    bool barrier;
  };

  void plan_step(uint32_t index, const std::vector<sdk::Capability>& rows);
  void place_temporaries();
  void upload_constants(const asg_program& program);
  std::vector<Range> bind(const sdk::ExecArgs& args, std::vector<uint64_t>& signature) const;
  Recording& recorded(const std::vector<Range>& slots, std::vector<uint64_t> signature, bool timed);
  void record(Recording& recording, const std::vector<Range>& slots);
  std::vector<Launch> launches_of(const Planned& step, Recording& recording,
                                  const std::vector<Range>& slots);
  Launch launch(const Planned& step, std::size_t dispatch, const std::vector<Range>& slots,
                const InstanceGroup* group, const Allocation* table) const;
  /// A barrier between what was launched and this, if they meet.
  void part_from(vk::CommandBuffer commands, const Launch& launch);
  void barrier(vk::CommandBuffer commands);
  void launch_all(vk::CommandBuffer commands, const Recording& recording, uint32_t step,
                  const std::vector<Launch>& launches);
  void forget(Recording& recording);

  VulkanDevice& device_;
  sdk::ProgramCopy program_;
  std::vector<Planned> steps_;
  std::vector<uint64_t> needed_;  // bytes that the values of each slot reach to
  std::vector<Allocation> constants_;
  Allocation temporaries_;
  std::shared_ptr<ErrorCell> errors_;
  std::shared_ptr<const KernelNames> names_;
  std::list<Recording> recordings_;
  Hazards hazards_;  // of the recording under way
};

}  // namespace asg::vulkan
