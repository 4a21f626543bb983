// An open device: its queue, its memory, its pipelines.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <span>

#include <asg/sdk/backend.hpp>
#include <asg/sdk/blob_cache.hpp>

#include "api.hpp"
#include "closing.hpp"
#include "counters.hpp"
#include "instance.hpp"
#include "kernel.hpp"
#include "memory.hpp"
#include "pipelines.hpp"

namespace asg::vulkan {

struct DeviceOptions {
  sdk::BlobCache cache;  ///< of shaders and of what the driver makes of them
  uint64_t timeout_ns;
  /// Whether shaders are made as for a software device; nothing: as the device is.
  std::optional<bool> software;
  /// The iterations that an invocation's loops may run, which are watched then; nothing: as the
  /// device is.
  std::optional<uint64_t> loops;
};

class VulkanDevice final : public sdk::Device, public ClosedAtExit {
 public:
  VulkanDevice(const Instance& instance, const PhysicalDevice& physical, Counters& counters,
               const DeviceOptions& options);
  ~VulkanDevice() override;

  void close() override;
  /// What belongs to a closed device is gone with it.
  bool closed() const { return !device_; }

  std::unique_ptr<sdk::Buffer> create_buffer(uint64_t size) override;
  std::unique_ptr<sdk::Executable> compile(const asg_program& program) override;
  void claim(const asg_step_request& request, asg_claim_reply& reply) const override;

  const PhysicalDevice& physical() const { return physical_; }
  const Instance& instance() const { return instance_; }
  vk::Device handle() const { return device_; }
  vk::CommandPool command_pool() const { return pool_; }
  Memory& memory() { return *memory_; }
  Pipelines& pipelines() { return *pipelines_; }
  Counters& counters() { return counters_; }
  /// What descriptors of empty values point to.
  const Allocation& nothing() const { return nothing_; }

  /// Submits the command buffers at once; returns the number of the last, which `wait` takes.  They
  /// are numbered one after the other.
  /// Errors: ASG_DEVICE_LOST.
  uint64_t submit(std::span<const vk::CommandBuffer> commands);
  /// The number of the last command buffer that is over.
  uint64_t finished() const;
  /// Waits for a submission; false when the time is over first.  Threads: any.
  /// Errors: ASG_DEVICE_LOST; ASG_TIMEOUT when the device's own limit is over.
  bool wait(uint64_t submission, uint64_t timeout_ns = UINT64_MAX);
  void wait_all() { wait(submitted_); }
  /// Writes the beginning of memory that nothing uses yet.
  void fill(const Allocation& to, const void* from, uint64_t size);
  /// Whether something is under way.
  bool busy() const { return submitted_ != 0 && finished() < submitted_; }
  /// Copies after all that is under way, and returns the number of the submission.  `host` is given
  /// back when that is over, unless it is somebody else's.
  uint64_t copy_later(vk::Buffer from, uint64_t from_offset, vk::Buffer to, uint64_t to_offset,
                      uint64_t size, const Allocation& host = {});
  /// Copies through staging memory, for memory that the host does not see.
  void copy_in(const Allocation& to, uint64_t offset, const void* from, uint64_t size);
  void copy_out(const Allocation& from, uint64_t offset, void* to, uint64_t size);

 private:
  void copy_now(vk::Buffer from, uint64_t from_offset, vk::Buffer to, uint64_t to_offset,
                uint64_t size);
  void check_alive() const;
  vk::UniqueCommandBuffer copy_commands(vk::Buffer from, uint64_t from_offset, vk::Buffer to,
                                        uint64_t to_offset, uint64_t size);
  /// Gives back what copies that are over have used.
  void retire_copies();

  const Instance& instance_;
  PhysicalDevice physical_;
  Counters& counters_;
  DeviceOptions options_;
  vk::Device device_;
  vk::Queue queue_;
  vk::CommandPool pool_;
  vk::Semaphore timeline_;
  std::unique_ptr<Memory> memory_;
  std::unique_ptr<Pipelines> pipelines_;
  struct Copy {
    uint64_t submission;
    vk::UniqueCommandBuffer commands;
    Allocation host;
  };
  std::deque<Copy> copies_;  // under way, in the order of their submission
  Allocation staging_, nothing_;
  uint64_t submitted_ = 0;
  std::atomic<bool> lost_{false};
};

/// A barrier that makes all writes before it visible to all that follows.
void full_barrier(vk::CommandBuffer commands);

}  // namespace asg::vulkan
