// A buffer of the ABI.
#pragma once

#include <asg/sdk/backend.hpp>

#include "device.hpp"

namespace asg::vulkan {

class VulkanBuffer final : public sdk::Buffer {
 public:
  VulkanBuffer(VulkanDevice& device, uint64_t size);
  ~VulkanBuffer() override;

  std::unique_ptr<sdk::Event> upload(uint64_t offset, const void* from, uint64_t size) override;
  std::unique_ptr<sdk::Event> download(uint64_t offset, void* to, uint64_t size) override;

  const Allocation& allocation() const { return allocation_; }
  uint64_t size() const { return size_; }
  /// Different for every buffer that ever was.
  uint64_t serial() const { return serial_; }
  /// Errors: ASG_INVALID_ARGUMENT for a range outside the buffer.
  void check_range(uint64_t offset, uint64_t size) const;

 private:
  void upload_later(uint64_t offset, const void* from, uint64_t size);

  VulkanDevice& device_;
  uint64_t size_;
  uint64_t serial_;
  Allocation allocation_;
};

}  // namespace asg::vulkan
