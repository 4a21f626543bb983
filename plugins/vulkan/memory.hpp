// Device memory: large buffers have their own, small ones share blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>

#include "api.hpp"
#include "counters.hpp"
#include "instance.hpp"

namespace asg::vulkan {

struct Block;

/// A range of a buffer.
struct Allocation {
  vk::Buffer buffer;
  uint64_t offset = 0, size = 0;
  std::byte* mapped = nullptr;  ///< of the range; nullptr where the host cannot see it
  Block* block = nullptr;
};

class Memory {
 public:
  enum class Use { device, host };

  Memory(const PhysicalDevice& physical, vk::Device device, Counters& counters);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// Errors: ASG_OUT_OF_MEMORY naming what was asked for and what there is.
  Allocation allocate(uint64_t size, Use use);
  void free(const Allocation& allocation);
  /// Whether device memory is read by the host at the speed of its own.
  bool reads_fast() const { return reads_fast_; }

 private:
  Block& create_block(uint64_t size, Use use);
  void destroy(std::list<Block>::iterator block);
  uint32_t memory_type(uint32_t bits, Use use) const;
  void trim();

  const PhysicalDevice& physical_;
  vk::Device device_;
  Counters& counters_;
  std::list<Block> blocks_;
  uint64_t alignment_;
  bool reads_fast_ = false;
  uint64_t in_use_ = 0;
};

struct Block {
  vk::Buffer buffer;
  vk::DeviceMemory memory;
  uint64_t size = 0;
  std::byte* mapped = nullptr;
  Memory::Use use = Memory::Use::device;
  bool shared = false;
  std::map<uint64_t, uint64_t> holes;  // offset -> size
  uint64_t used = 0;
};

/// Bytes of device memory that are free, as far as the driver tells; 0 unknown.
uint64_t free_device_memory(const PhysicalDevice& device);
/// Bytes of the largest heap of device memory.
uint64_t device_memory(const PhysicalDevice& device);

}  // namespace asg::vulkan
