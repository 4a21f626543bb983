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

std::unique_ptr<sdk::Event> VulkanBuffer::upload(uint64_t offset, const void* from, uint64_t size) {
  check_range(offset, size);
  if (size == 0) return nullptr;
  translated("uploading", [&] {
    if (allocation_.mapped != nullptr) {
      device_.wait_all();
      std::memcpy(allocation_.mapped + offset, from, size);
    } else {
      device_.copy_in(allocation_, offset, from, size);
    }
    device_.instance().messages().raise();
  });
  return nullptr;
}

std::unique_ptr<sdk::Event> VulkanBuffer::download(uint64_t offset, void* to, uint64_t size) {
  check_range(offset, size);
  if (size == 0) return nullptr;
  translated("downloading", [&] {
    if (allocation_.mapped != nullptr && device_.memory().reads_fast()) {
      device_.wait_all();
      std::memcpy(to, allocation_.mapped + offset, size);
    } else {
      device_.copy_out(allocation_, offset, to, size);
    }
    device_.instance().messages().raise();
  });
  return nullptr;
}

}  // namespace asg::vulkan
