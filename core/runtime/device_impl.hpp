// An open device.
#pragma once
#include <memory>
#include <mutex>

#include <asg/runtime/device.hpp>

#include "runtime/device_facts.hpp"
#include "runtime/plugin.hpp"

namespace asg {

struct DeviceImpl {
  ~DeviceImpl();
  [[nodiscard]] const asg_backend_api& api() const { return backend->api(); }

  std::shared_ptr<loader::Backend> backend;  // outlives the handle
  asg_device* handle = nullptr;
  loader::DeviceFacts facts;
  std::mutex mutex;  // of the functions that backend.h marks [device]
};

/// Gives a buffer memory of another size, which all of its copies see; its contents are lost. What
/// it had is given back first.
/// Errors   DeviceError when there is not enough; then the buffer is empty.
void resize_buffer(const Buffer& buffer, std::uint64_t bytes);

}  // namespace asg
