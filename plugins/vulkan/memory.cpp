#include "memory.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace asg::vulkan {
namespace {

constexpr uint64_t block_size = uint64_t{16} << 20;
constexpr uint64_t largest_shared = block_size / 8;

using Flag = vk::MemoryPropertyFlagBits;

constexpr vk::MemoryPropertyFlags host_flags = Flag::eHostVisible | Flag::eHostCoherent;

bool has(vk::MemoryPropertyFlags flags, vk::MemoryPropertyFlags wanted) {
  return (flags & wanted) == wanted;
}

}  // namespace

uint64_t device_memory(const PhysicalDevice& device) {
  uint64_t size = 0;
  for (uint32_t i = 0; i < device.memory.memoryHeapCount; ++i)
    if (device.memory.memoryHeaps[i].flags & vk::MemoryHeapFlagBits::eDeviceLocal)
      size = std::max(size, device.memory.memoryHeaps[i].size);
  return size;
}

uint64_t free_device_memory(const PhysicalDevice& device) {
  if (!device.memory_budget) return 0;
  const auto chain =
      device.handle.getMemoryProperties2<vk::PhysicalDeviceMemoryProperties2,
                                         vk::PhysicalDeviceMemoryBudgetPropertiesEXT>();
  const auto& budget = chain.get<vk::PhysicalDeviceMemoryBudgetPropertiesEXT>();
  uint64_t most = 0;
  for (uint32_t i = 0; i < device.memory.memoryHeapCount; ++i)
    if ((device.memory.memoryHeaps[i].flags & vk::MemoryHeapFlagBits::eDeviceLocal) &&
        budget.heapBudget[i] > budget.heapUsage[i])
      most = std::max(most, budget.heapBudget[i] - budget.heapUsage[i]);
  return most;
}

Memory::Memory(const PhysicalDevice& physical, vk::Device device, Counters& counters)
    : physical_(physical),
      device_(device),
      counters_(counters),
      alignment_(physical.traits.offset_alignment) {
  const uint32_t type = memory_type(~0u, Use::device);
  reads_fast_ =
      has(physical.memory.memoryTypes[type].propertyFlags, host_flags | Flag::eHostCached);
}

Memory::~Memory() {
  while (!blocks_.empty()) destroy(blocks_.begin());
}

uint32_t Memory::memory_type(uint32_t bits, Use use) const {
  const auto& types = physical_.memory.memoryTypes;
  int best = -1, best_score = -1;
  for (uint32_t i = 0; i < physical_.memory.memoryTypeCount; ++i) {
    if ((bits >> i & 1) == 0) continue;
    const vk::MemoryPropertyFlags flags = types[i].propertyFlags;
    int score = 0;
    if (use == Use::host) {
      if (!has(flags, host_flags)) continue;
      score = has(flags, Flag::eHostCached) ? 2 : 1;
    } else {
      if (has(flags, Flag::eLazilyAllocated) || has(flags, Flag::eProtected)) continue;
      // Memory that both sides see is taken only where it is all of the device's memory.
      const bool whole =
          physical_.memory.memoryHeaps[types[i].heapIndex].size == device_memory(physical_);
      if (has(flags, Flag::eDeviceLocal)) score += 4;
      if (has(flags, host_flags)) score += whole ? 2 : -2;
    }
    if (score > best_score) best_score = score, best = static_cast<int>(i);
  }
  if (best < 0) throw sdk::Error(ASG_UNAVAILABLE, "the device has no memory of the kind needed");
  return static_cast<uint32_t>(best);
}

Block& Memory::create_block(uint64_t size, Use use) {
  Block block;
  block.size = size;
  block.use = use;
  using Usage = vk::BufferUsageFlagBits;
  block.buffer = device_.createBuffer(
      {.size = size, .usage = Usage::eStorageBuffer | Usage::eTransferSrc | Usage::eTransferDst});
  ++counters_.buffers;
  try {
    const auto requirements = device_.getBufferMemoryRequirements(block.buffer);
    const uint32_t type = memory_type(requirements.memoryTypeBits, use);
    block.memory =
        device_.allocateMemory({.allocationSize = requirements.size, .memoryTypeIndex = type});
    device_.bindBufferMemory(block.buffer, block.memory, 0);
    if (has(physical_.memory.memoryTypes[type].propertyFlags, host_flags))
      block.mapped = static_cast<std::byte*>(device_.mapMemory(block.memory, 0, VK_WHOLE_SIZE));
  } catch (...) {
    device_.destroyBuffer(block.buffer);
    if (block.memory) device_.freeMemory(block.memory);
    throw;
  }
  blocks_.push_back(std::move(block));
  return blocks_.back();
}

void Memory::destroy(std::list<Block>::iterator block) {
  device_.destroyBuffer(block->buffer);
  device_.freeMemory(block->memory);
  blocks_.erase(block);
}

void Memory::trim() {
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    const auto next = std::next(block);
    if (block->used == 0) destroy(block);
    block = next;
  }
}

Allocation Memory::allocate(uint64_t size, Use use) {
  const uint64_t rounded = (std::max<uint64_t>(size, 1) + alignment_ - 1) / alignment_ * alignment_;
  const bool shared = rounded <= largest_shared;
  const auto take = [&](Block& block, uint64_t offset) {
    block.used += rounded;
    in_use_ += rounded;
    return Allocation{block.buffer, offset, rounded,
                      block.mapped == nullptr ? nullptr : block.mapped + offset, &block};
  };
  if (shared)
    for (Block& block : blocks_) {
      if (!block.shared || block.use != use) continue;
      auto best = block.holes.end();
      for (auto hole = block.holes.begin(); hole != block.holes.end(); ++hole)
        if (hole->second >= rounded && (best == block.holes.end() || hole->second < best->second))
          best = hole;
      if (best == block.holes.end()) continue;
      const auto [offset, room] = *best;
      block.holes.erase(best);
      if (room > rounded) block.holes[offset + rounded] = room - rounded;
      return take(block, offset);
    }
  const uint64_t wanted = shared ? block_size : rounded;
  Block* block = nullptr;
  try {
    block = &create_block(wanted, use);
  } catch (const vk::SystemError&) {
    // Blocks that nothing uses may be in the way.
    trim();
    try {
      block = &create_block(wanted, use);
    } catch (const vk::SystemError& e) {
      throw sdk::Error(ASG_OUT_OF_MEMORY,
                       fmt::format("no room for a buffer of {} bytes: {} bytes are in use, the "
                                   "device has {} ({}); a smaller batch or model needs less",
                                   size, in_use_, device_memory(physical_), e.what()));
    }
  }
  if (shared) {
    block->shared = true;
    if (wanted > rounded) block->holes[rounded] = wanted - rounded;
  }
  return take(*block, 0);
}

void Memory::free(const Allocation& allocation) {
  if (forked()) return;
  if (allocation.block == nullptr) return;
  Block& block = *allocation.block;
  block.used -= allocation.size;
  in_use_ -= allocation.size;
  if (block.shared) {
    auto hole = block.holes.emplace(allocation.offset, allocation.size).first;
    const auto next = std::next(hole);
    if (next != block.holes.end() && hole->first + hole->second == next->first) {
      hole->second += next->second;
      block.holes.erase(next);
    }
    if (hole != block.holes.begin()) {
      const auto before = std::prev(hole);
      if (before->first + before->second == hole->first) {
        before->second += hole->second;
        block.holes.erase(hole);
      }
    }
    return;
  }
  for (auto it = blocks_.begin(); it != blocks_.end(); ++it)
    if (&*it == &block) return destroy(it);
}

}  // namespace asg::vulkan
