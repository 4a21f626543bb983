// The memory that programs run in.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <asg/runtime/device.hpp>

namespace asg {

/// Blocks of device memory for what programs do not keep from run to run: arena, inputs, outputs.
/// The programs of one function share them, the first such slot of each with the first of the
/// others and so on, so that there is as much as the largest program needs.
class ProgramMemory {
 public:
  explicit ProgramMemory(Device device) : device_(std::move(device)) {}

  [[nodiscard]] const Device& device() const { return device_; }
  /// Block `index`, of at least that many bytes. Its contents are lost when it has to grow; whoever
  /// has bound it before sees it grown.
  /// Errors   DeviceError when there is not enough.
  const Buffer& block(std::size_t index, std::uint64_t bytes);
  /// Gives the memory back; blocks grow again when they are needed.
  void clear();

  /// The memory in the hands of one thread, or of one call on it.
  class Use {
   public:
    /// Errors   Error when it is in use already.
    Use(ProgramMemory& memory, const std::string& program);
    ~Use() { memory_.used_.store(false, std::memory_order_release); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    ProgramMemory& memory_;
  };

 private:
  Device device_;
  std::vector<Buffer> blocks_;
  std::atomic<bool> used_{false};
};

}  // namespace asg
