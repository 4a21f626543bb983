// What a backend says about one of its devices, checked.
#pragma once
#include <cstdint>
#include <string>

#include <asg/runtime/capabilities.hpp>
#include <asg/runtime/device.hpp>

#include "runtime/plugin.hpp"

namespace asg::loader {

struct DeviceFacts {
  DeviceDescription description;
  DeviceLimits limits;
  Capabilities capabilities;
};

/// What a device is before it is opened.
/// Errors   PluginFailure from the plugin, and when what it says makes no sense.
[[nodiscard]] DeviceFacts read_device(const Backend& backend, std::uint32_t index);

/// What it is as it was opened, with its options.
/// Errors   as above; PluginFailure when it needs what this host does not have.
[[nodiscard]] DeviceFacts read_device(const Backend& backend, std::uint32_t index,
                                      asg_device* device);

[[nodiscard]] std::uint32_t device_count(const Backend& backend);

}  // namespace asg::loader
