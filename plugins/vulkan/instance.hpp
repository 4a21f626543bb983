// The loader, an instance and the physical devices.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <asg/sdk/backend.hpp>

#include "api.hpp"
#include "closing.hpp"
#include "traits.hpp"

namespace asg::vulkan {

/// What validation layers found, since it was last asked.
class Messages {
 public:
  void add(const std::string& id, const std::string& text);
  /// Throws ASG_INTERNAL with the first message, if there is one.
  void raise();

 private:
  std::mutex mutex_;
  std::string first_;
  unsigned count_ = 0;
};

struct PhysicalDevice {
  vk::PhysicalDevice handle;
  vk::PhysicalDeviceProperties properties;
  vk::PhysicalDeviceMemoryProperties memory;
  Traits traits;
  uint32_t queue_family = 0;
  uint32_t timestamp_bits = 0;
  bool memory_budget = false;
  std::string id;
  uint8_t uuid[16];
  std::string cache_key;  ///< changes when the driver does
};

/// Whether the process was forked from one that had started Vulkan.  The driver's threads did not
/// come along, so that calls would wait for them for ever.
bool forked();
/// Errors: ASG_UNAVAILABLE when it was.
void check_not_forked();

class Instance final : public ClosedAtExit {
 public:
  /// Where there is no loader or no driver, there are no devices.
  explicit Instance(const sdk::Host& host);
  ~Instance() override;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// Software devices come last.
  const std::vector<PhysicalDevice>& devices() const { return devices_; }
  const sdk::Host& host() const { return host_; }
  Messages& messages() const { return messages_; }
  bool validates() const { return static_cast<bool>(messenger_); }
  void close() override;

 private:
  bool open_loader();
  void create(const std::string& validation);
  void find_devices();

  sdk::Host host_;
  void* library_ = nullptr;
  vk::Instance instance_;
  vk::DebugUtilsMessengerEXT messenger_;
  std::vector<PhysicalDevice> devices_;
  mutable Messages messages_;
};

}  // namespace asg::vulkan
