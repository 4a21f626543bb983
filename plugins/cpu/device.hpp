// The host's processor as a device.
#pragma once

#include <asg/sdk/host_backend.hpp>

#include "context.hpp"

namespace asg::cpu {

/// What must be there before, and go after, the base class that refers to it.
struct DeviceParts {
  explicit DeviceParts(Settings settings);
  std::unique_ptr<Context> context;
  std::vector<sdk::Kernel> kernels;
};

class CpuDevice final : private DeviceParts, public sdk::HostDevice {
 public:
  explicit CpuDevice(const Settings& settings)
      : DeviceParts(settings), HostDevice(DeviceParts::kernels) {}
  std::unique_ptr<sdk::Buffer> create_buffer(uint64_t size) override;
  std::unique_ptr<sdk::Executable> compile(const asg_program& program) override;
  void describe(asg_device_info& info) const override;
};

/// Errors: ASG_INVALID_ARGUMENT for a value that an option cannot have.
Settings parse_settings(const sdk::Options& options);

inline constexpr asg_option_info option_list[] = {
    {"threads", "0", "threads that compute; 0: as many as the process may use"},
    {"matmul", "auto", "auto, or blas: never the plugin's own loops for 512-bit vectors"}};

/// Fills in what the operating system says about processor and memory.
void describe_processor(asg_device_info& info);

}  // namespace asg::cpu
