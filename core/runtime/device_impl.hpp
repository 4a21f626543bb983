// An open device.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <asg/runtime/device.hpp>

#include "runtime/device_facts.hpp"
#include "runtime/plugin.hpp"

namespace asg {

struct DeviceImpl {
  ~DeviceImpl();
  [[nodiscard]] const asg_backend_api& api() const { return backend->api(); }
  /// Whether work may end after the call that asks for it.
  [[nodiscard]] bool finishes_late() const { return api().event_wait != nullptr; }
  void note(const std::shared_ptr<WorkImpl>& work);
  /// Waits until no work is under way.
  void settle() noexcept;

  std::shared_ptr<loader::Backend> backend;  // outlives the handle
  asg_device* handle = nullptr;
  loader::DeviceFacts facts;
  std::uint64_t time_limit_ns = UINT64_MAX;
  std::atomic<bool> given_up{false};
  std::mutex mutex;  // of the functions that backend.h marks [device]

 private:
  std::vector<std::weak_ptr<WorkImpl>> under_way_;  // the mutex guards it
};

/// Gives a buffer memory of another size, which all of its copies see; its contents are lost. What
/// it had is given back first.
/// Errors   DeviceError when there is not enough; then the buffer is empty.
void resize_buffer(const Buffer& buffer, std::uint64_t bytes);

}  // namespace asg
