// Calls of what backend.h marks [device], one at a time, and what becomes of their failures.
#pragma once
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "runtime/device_impl.hpp"
#include "runtime/plugin_call.hpp"

namespace asg {

/// What messages call a step of a program.
struct StepNames {
  std::string op;
  std::string origin;
};

/// "backend cpu, device Some Processor"
[[nodiscard]] std::string place_of(const DeviceImpl& device);

/// Errors   PluginError when the backend cannot do what was asked for; DeviceError when the device
///          has failed at it.
[[noreturn]] void raise(const DeviceImpl& device, const loader::PluginFailure& failure,
                        std::span<const StepNames> steps = {});

/// Errors   DeviceError when the device was given up: work that it has not finished may still use
///          everything that it has.
void require_not_given_up(const DeviceImpl& device);

template <class Fn, class... A>
void call_device(DeviceImpl& device, const char* name, Fn function, A... arguments) {
  require_not_given_up(device);
  try {
    const std::lock_guard lock(device.mutex);
    loader::call_checked(name, function, arguments...);
  } catch (const loader::PluginFailure& failure) {
    raise(device, failure);
  }
}

/// Destroys what a plugin has made, once no work uses it; what a device that was given up holds, or
/// one of a process that is ending, stays.
template <class Fn, class Handle>
void release(DeviceImpl& device, const char* name, Fn function, Handle handle) noexcept {
  if (handle == nullptr) return;
  device.settle();
  if (device.given_up || loader::process_is_ending()) return loader::abandon(handle);
  const std::lock_guard lock(device.mutex);
  loader::call_quietly(device.backend->plugin().name, name, function, handle);
}

/// Errors   a call that has succeeded has given nothing.
void check_handle(const DeviceImpl& device, std::string_view function, const void* handle);

}  // namespace asg
