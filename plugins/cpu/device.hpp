// The host's processor as a device.
#pragma once

#include <asg/sdk/host_backend.hpp>

#include "context.hpp"

namespace asg::cpu {

/// What must be there before, and go after, the base class that refers to it.
struct DeviceParts {
  explicit DeviceParts(uint32_t threads);
  std::unique_ptr<Context> context;
  std::vector<sdk::Kernel> kernels;
};

class CpuDevice final : private DeviceParts, public sdk::HostDevice {
 public:
  explicit CpuDevice(uint32_t threads) : DeviceParts(threads), HostDevice(DeviceParts::kernels) {}
};

/// Threads that this process may run on.
uint32_t available_threads();

/// The option "threads": a number from 1 to 1024, or "0" for all.
/// Errors: ASG_INVALID_ARGUMENT for anything else.
uint32_t parse_threads(const char* text);

/// Fills in what the operating system says about processor and memory.
void describe_processor(asg_device_info& info);

}  // namespace asg::cpu
