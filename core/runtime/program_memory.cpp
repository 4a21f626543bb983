#include "runtime/program_memory.hpp"

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "runtime/device_impl.hpp"

namespace asg {

const Buffer& ProgramMemory::block(std::size_t index, std::uint64_t bytes) {
  while (blocks_.size() <= index) blocks_.push_back(device_.allocate(0));
  if (blocks_[index].size() < bytes) resize_buffer(blocks_[index], bytes);
  return blocks_[index];
}

void ProgramMemory::clear() {
  for (const Buffer& block : blocks_) resize_buffer(block, 0);
}

ProgramMemory::Use::Use(ProgramMemory& memory, const std::string& program) : memory_(memory) {
  if (memory.used_.exchange(true, std::memory_order_acquire))
    throw Error(fmt::format(
        "{}: it is in use already, by another thread or by a call that this one is part of; give "
        "each thread a program of its own",
        program));
}

}  // namespace asg
