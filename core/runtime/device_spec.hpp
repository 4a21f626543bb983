// The text that names a device: "cpu", "vulkan:1,timeout=5", "/usr/lib/mine/asg-backend-mine.so".
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asg::loader {

using OptionList = std::vector<std::pair<std::string, std::string>>;

struct DeviceSpec {
  std::string backend;  ///< a name, or a path when it has a slash
  std::string device;   ///< an index or an id; empty: the first
  OptionList options;

  [[nodiscard]] bool is_path() const { return backend.find('/') != std::string::npos; }
};

/// NAME[:DEVICE][,KEY=VALUE]...
/// Errors   Error for an option that has no '=' or no key.
[[nodiscard]] DeviceSpec parse_device_spec(std::string_view text);

}  // namespace asg::loader
