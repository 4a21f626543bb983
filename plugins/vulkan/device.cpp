#include "device.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "buffer.hpp"
#include "capabilities.hpp"
#include "executable.hpp"

namespace asg::vulkan {
namespace {

constexpr uint64_t staging_size = uint64_t{8} << 20;

vk::Device create_device(const PhysicalDevice& physical, bool robust) {
  const float priority = 1;
  const vk::DeviceQueueCreateInfo queue{
      .queueFamilyIndex = physical.queue_family, .queueCount = 1, .pQueuePriorities = &priority};
  const Traits& traits = physical.traits;
  vk::PhysicalDeviceVulkan12Features more{};
  more.timelineSemaphore = true;
  more.storageBuffer8BitAccess = traits.storage8;
  vk::PhysicalDeviceFeatures2 features{};
  features.pNext = &more;
  features.features.shaderInt64 = traits.int64;
  features.features.shaderFloat64 = traits.float64;
  // The processor's own memory lies behind what a software device forgets to check.
  features.features.robustBufferAccess = robust;
  vk::DeviceCreateInfo info{};
  info.pNext = &features;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  return physical.handle.createDevice(info);
}

}  // namespace

void full_barrier(vk::CommandBuffer commands) {
  using Stage = vk::PipelineStageFlagBits;
  using Access = vk::AccessFlagBits;
  const vk::MemoryBarrier barrier{.srcAccessMask = Access::eShaderWrite | Access::eTransferWrite,
                                  .dstAccessMask = Access::eShaderRead | Access::eShaderWrite |
                                                   Access::eTransferRead | Access::eTransferWrite |
                                                   Access::eHostRead};
  commands.pipelineBarrier(Stage::eComputeShader | Stage::eTransfer,
                           Stage::eComputeShader | Stage::eTransfer | Stage::eHost, {}, barrier, {},
                           {});
}

VulkanDevice::VulkanDevice(const Instance& instance, const PhysicalDevice& physical,
                           Counters& counters, const DeviceOptions& options)
    : instance_(instance), physical_(physical), counters_(counters), options_(options) {
  translated("opening the device", [&] {
    const bool emulated = physical_.traits.software;
    physical_.traits.software = options.software.value_or(emulated);
    physical_.traits.max_iterations = options.loops.value_or(physical_.traits.max_iterations);
    physical_.traits.watches_loops = options.loops.has_value();
    device_ = create_device(physical_, emulated);
    queue_ = device_.getQueue(physical_.queue_family, 0);
    pool_ = device_.createCommandPool({.flags = vk::CommandPoolCreateFlagBits::eResetCommandBuffer,
                                       .queueFamilyIndex = physical_.queue_family});
    const vk::SemaphoreTypeCreateInfo type{.semaphoreType = vk::SemaphoreType::eTimeline,
                                           .initialValue = 0};
    timeline_ = device_.createSemaphore({.pNext = &type});
    memory_ = std::make_unique<Memory>(physical_, device_, counters_);
    pipelines_ = std::make_unique<Pipelines>(physical_, device_, options_.cache, counters_);
    staging_ = memory_->allocate(staging_size, Memory::Use::host);
    nothing_ = memory_->allocate(256, Memory::Use::device);
  });
  if (instance_.validates()) close_at_exit();
}

VulkanDevice::~VulkanDevice() { close(); }

void VulkanDevice::close() {
  if (closed()) return;
  if (forked()) {
    // The parent's, which still uses them.
    for (Copy& copy : copies_) (void)copy.commands.release();
    (void)pipelines_.release();
    (void)memory_.release();
    device_ = nullptr;
    return;
  }
  try {
    if (!lost_) {
      wait_all();
      pipelines_->save();
    }
  } catch (const std::exception& e) {
    instance_.host().log(ASG_LOG_WARN, std::string("closing the device: ") + e.what());
  }
  copies_.clear();
  pipelines_.reset();
  memory_.reset();
  device_.destroySemaphore(timeline_);
  device_.destroyCommandPool(pool_);
  device_.destroy();
  device_ = nullptr;
}

void VulkanDevice::check_alive() const {
  check_not_forked();
  if (lost_) throw sdk::Error(ASG_DEVICE_LOST, "the device was lost before");
}

uint64_t VulkanDevice::submit(std::span<const vk::CommandBuffer> commands) {
  check_alive();
  std::vector<uint64_t> values(commands.size());
  std::vector<vk::TimelineSemaphoreSubmitInfo> timelines(commands.size());
  std::vector<vk::SubmitInfo> batches(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    values[i] = submitted_ + i + 1;
    timelines[i].setSignalSemaphoreValues(values[i]);
    batches[i]
        .setCommandBuffers(commands[i])
        .setSignalSemaphores(timeline_)
        .setPNext(&timelines[i]);
  }
  try {
    queue_.submit(batches);
  } catch (const vk::DeviceLostError&) {
    lost_ = true;
    throw;
  }
  ++counters_.submissions;
  return submitted_ += commands.size();
}

uint64_t VulkanDevice::finished() const { return device_.getSemaphoreCounterValue(timeline_); }

bool VulkanDevice::wait(uint64_t submission, uint64_t timeout_ns) {
  check_not_forked();
  if (submission == 0) return true;
  check_alive();
  const uint64_t limit = std::min(timeout_ns, options_.timeout_ns);
  const vk::SemaphoreWaitInfo info{
      .semaphoreCount = 1, .pSemaphores = &timeline_, .pValues = &submission};
  try {
    if (device_.waitSemaphores(info, limit) == vk::Result::eSuccess) return true;
  } catch (const vk::DeviceLostError&) {
    lost_ = true;
    throw;
  }
  if (timeout_ns <= options_.timeout_ns) return false;
  lost_ = true;
  throw sdk::Error(ASG_TIMEOUT,
                   fmt::format("the device did not finish within {} s and is given up; open it "
                               "again with a larger option 'timeout'",
                               options_.timeout_ns / 1'000'000'000));
}

vk::UniqueCommandBuffer VulkanDevice::copy_commands(vk::Buffer from, uint64_t from_offset,
                                                    vk::Buffer to, uint64_t to_offset,
                                                    uint64_t size) {
  auto commands =
      std::move(device_.allocateCommandBuffersUnique({.commandPool = pool_,
                                                      .level = vk::CommandBufferLevel::ePrimary,
                                                      .commandBufferCount = 1})[0]);
  commands->begin({.flags = vk::CommandBufferUsageFlagBits::eOneTimeSubmit});
  full_barrier(*commands);
  commands->copyBuffer(from, to, vk::BufferCopy{from_offset, to_offset, size});
  full_barrier(*commands);
  commands->end();
  return commands;
}

void VulkanDevice::copy_now(vk::Buffer from, uint64_t from_offset, vk::Buffer to,
                            uint64_t to_offset, uint64_t size) {
  const vk::UniqueCommandBuffer commands = copy_commands(from, from_offset, to, to_offset, size);
  const vk::CommandBuffer list[] = {*commands};
  wait(submit(list));
}

uint64_t VulkanDevice::copy_later(vk::Buffer from, uint64_t from_offset, vk::Buffer to,
                                  uint64_t to_offset, uint64_t size, const Allocation& host) {
  retire_copies();
  vk::UniqueCommandBuffer commands = copy_commands(from, from_offset, to, to_offset, size);
  const vk::CommandBuffer list[] = {*commands};
  const uint64_t submission = submit(list);
  copies_.push_back({submission, std::move(commands), host});
  return submission;
}

void VulkanDevice::retire_copies() {
  const uint64_t over = copies_.empty() ? 0 : finished();
  for (; !copies_.empty() && copies_.front().submission <= over; copies_.pop_front())
    if (copies_.front().host.size > 0) memory_->free(copies_.front().host);
}

void VulkanDevice::fill(const Allocation& to, const void* from, uint64_t size) {
  if (to.mapped != nullptr)
    std::memcpy(to.mapped, from, size);
  else
    copy_in(to, 0, from, size);
}

void VulkanDevice::copy_in(const Allocation& to, uint64_t offset, const void* from, uint64_t size) {
  for (uint64_t done = 0; done < size;) {
    const uint64_t part = std::min(size - done, staging_size);
    std::memcpy(staging_.mapped, static_cast<const std::byte*>(from) + done, part);
    copy_now(staging_.buffer, staging_.offset, to.buffer, to.offset + offset + done, part);
    done += part;
  }
}

void VulkanDevice::copy_out(const Allocation& from, uint64_t offset, void* to, uint64_t size) {
  for (uint64_t done = 0; done < size;) {
    const uint64_t part = std::min(size - done, staging_size);
    copy_now(from.buffer, from.offset + offset + done, staging_.buffer, staging_.offset, part);
    std::memcpy(static_cast<std::byte*>(to) + done, staging_.mapped, part);
    done += part;
  }
}

std::unique_ptr<sdk::Buffer> VulkanDevice::create_buffer(uint64_t size) {
  check_not_forked();
  return translated("making a buffer", [&] {
    auto buffer = std::make_unique<VulkanBuffer>(*this, size);
    instance_.messages().raise();
    return buffer;
  });
}

std::unique_ptr<sdk::Executable> VulkanDevice::compile(const asg_program& program) {
  check_not_forked();
  return translated("compiling", [&] {
    auto executable = std::make_unique<VulkanExecutable>(*this, program);
    pipelines_->save();
    instance_.messages().raise();
    return executable;
  });
}

void VulkanDevice::claim(const asg_step_request& request, asg_claim_reply& reply) const {
  vulkan::claim(physical_.traits, request, reply);
}

}  // namespace asg::vulkan
