// A device by the functions of its plugin alone, where the core's own classes say less than it
// does: the status, the step, and what is done with memory that no program asks about.
#pragma once
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <asg/sdk/backend.h>

#include "runtime/device_facts.hpp"
#include "runtime/device_spec.hpp"
#include "runtime/plugin.hpp"

namespace asg::proof {

/// Under this name the log tells of functions that failed where nothing can be thrown.
inline constexpr const char* late_failures = "asg check";

/// Errors   of all functions here: loader::PluginFailure with the status and the step.
/// Threads  one at a time for what belongs to one device.
class BareDevice {
 public:
  BareDevice(std::shared_ptr<loader::Backend> backend, std::uint32_t index,
             const loader::OptionList& options);
  BareDevice(const BareDevice&) = delete;
  BareDevice& operator=(const BareDevice&) = delete;
  ~BareDevice();

  [[nodiscard]] const asg_backend_api& api() const { return backend_->api(); }
  [[nodiscard]] asg_device* handle() const { return handle_; }
  [[nodiscard]] const loader::Backend& backend() const { return *backend_; }
  [[nodiscard]] const loader::DeviceFacts& facts() const { return facts_; }
  [[nodiscard]] const std::vector<Capabilities::Row>& rows() const {
    return facts_.capabilities.rows();
  }

 private:
  std::shared_ptr<loader::Backend> backend_;
  asg_device* handle_ = nullptr;
  loader::DeviceFacts facts_;
};

class BareBuffer {
 public:
  BareBuffer(const BareDevice& device, std::uint64_t size);
  BareBuffer(BareBuffer&& other) noexcept
      : device_(other.device_),
        handle_(std::exchange(other.handle_, nullptr)),
        size_(other.size_) {}
  BareBuffer& operator=(BareBuffer&&) = delete;
  ~BareBuffer();

  [[nodiscard]] asg_buffer* handle() const { return handle_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Give the event of work that goes on, where it may and the plugin wants to.
  asg_event* upload(std::uint64_t offset, const void* from, std::uint64_t size,
                    bool may_go_on = false) const;
  asg_event* download(std::uint64_t offset, void* to, std::uint64_t size,
                      bool may_go_on = false) const;

 private:
  const BareDevice* device_;
  asg_buffer* handle_ = nullptr;
  std::uint64_t size_;
};

class BareExecutable {
 public:
  BareExecutable(const BareDevice& device, const asg_program& program);
  BareExecutable(const BareExecutable&) = delete;
  BareExecutable& operator=(const BareExecutable&) = delete;
  ~BareExecutable();

  [[nodiscard]] asg_executable* handle() const { return handle_; }
  /// The same.
  asg_event* execute(const std::vector<asg_binding>& bindings, bool may_go_on = false,
                     std::uint32_t flags = 0) const;

 private:
  const BareDevice* device_;
  asg_executable* handle_ = nullptr;
};

}  // namespace asg::proof
