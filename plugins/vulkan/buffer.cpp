#include "buffer.hpp"

#include <fmt/core.h>

#include <cstring>

namespace asg::vulkan {

VulkanBuffer::VulkanBuffer(VulkanDevice& device, uint64_t size)
    : device_(device),
      size_(size),
      allocation_(device.memory().allocate(size, Memory::Use::device)) {
  static std::atomic<uint64_t> counter{0};
  serial_ = ++counter;
}

VulkanBuffer::~VulkanBuffer() {
  if (device_.closed()) return;
  try {
    device_.wait_all();
  } catch (...) {
    // A lost device uses nothing any more.
  }
  device_.memory().free(allocation_);
}

void VulkanBuffer::check_range(uint64_t offset, uint64_t size) const {
  if (offset > size_ || size > size_ - offset)
    throw sdk::Error(
        ASG_INVALID_ARGUMENT,
        fmt::format("{} bytes at offset {} leave a buffer of {} bytes", size, offset, size_));
}

namespace {

// What is copied behind the work under way instead of after it.  More than this would keep as much
// memory again; whoever moves it has time to wait.
constexpr uint64_t largest_late_copy = uint64_t{4} << 20;

/// Bytes on their way to the host.
class Download final : public sdk::Event {
 public:
  Download(VulkanDevice& device, const Allocation& from, uint64_t offset, void* to, uint64_t size)
      : device_(device),
        copy_(device.memory().allocate(size, Memory::Use::host)),
        to_(to),
        size_(size) {
    try {
      submission_ =
          device.copy_later(from.buffer, from.offset + offset, copy_.buffer, copy_.offset, size);
    } catch (...) {
      device.memory().free(copy_);
      throw;
    }
  }
  ~Download() override {
    if (device_.closed() || forked()) return;
    try {
      device_.wait(submission_);
    } catch (...) {
      // A lost device uses nothing any more.
    }
    device_.memory().free(copy_);
  }
  bool wait(uint64_t timeout_ns) override {
    return translated("downloading", [&] {
      if (!device_.wait(submission_, timeout_ns)) return false;
      std::memcpy(to_, copy_.mapped, size_);
      device_.instance().messages().raise();
      return true;
    });
  }

 private:
  VulkanDevice& device_;
  Allocation copy_;
  void* to_;
  uint64_t size_;
  uint64_t submission_ = 0;
};

}  // namespace

std::unique_ptr<sdk::Event> VulkanBuffer::upload(uint64_t offset, const void* from, uint64_t size) {
  check_range(offset, size);
  if (size == 0) return nullptr;
  translated("uploading", [&] {
    if (device_.busy() && size <= largest_late_copy) {
      upload_later(offset, from, size);
    } else if (allocation_.mapped != nullptr) {
      device_.wait_all();
      std::memcpy(allocation_.mapped + offset, from, size);
    } else {
      device_.copy_in(allocation_, offset, from, size);
    }
    device_.instance().messages().raise();
  });
  return nullptr;
}

void VulkanBuffer::upload_later(uint64_t offset, const void* from, uint64_t size) {
  const Allocation copy = device_.memory().allocate(size, Memory::Use::host);
  std::memcpy(copy.mapped, from, size);
  try {
    device_.copy_later(copy.buffer, copy.offset, allocation_.buffer, allocation_.offset + offset,
                       size, copy);
  } catch (...) {
    device_.memory().free(copy);
    throw;
  }
}

std::unique_ptr<sdk::Event> VulkanBuffer::download(uint64_t offset, void* to, uint64_t size) {
  check_range(offset, size);
  if (size == 0) return nullptr;
  return translated("downloading", [&]() -> std::unique_ptr<sdk::Event> {
    if (device_.busy() && size <= largest_late_copy)
      return std::make_unique<Download>(device_, allocation_, offset, to, size);
    if (allocation_.mapped != nullptr && device_.memory().reads_fast()) {
      device_.wait_all();
      std::memcpy(to, allocation_.mapped + offset, size);
    } else {
      device_.copy_out(allocation_, offset, to, size);
    }
    device_.instance().messages().raise();
    return nullptr;
  });
}

}  // namespace asg::vulkan
