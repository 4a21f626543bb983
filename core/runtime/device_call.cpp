#include "runtime/device_call.hpp"

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg {

std::string place_of(const DeviceImpl& device) {
  return fmt::format("backend {}, device {}", device.backend->plugin().name,
                     device.facts.description.name);
}

// Failures of what was asked for are the plugin's; failures of the machine are the device's.
void raise(const DeviceImpl& device, const loader::PluginFailure& failure,
           std::span<const StepNames> steps) {
  std::string text = failure.message;
  if (failure.code == ASG_DEVICE_LOST) text += "; open the device again to go on";
  if (failure.step < steps.size()) {
    const StepNames& step = steps[failure.step];
    text = fmt::format("{}{}{}: {} ({})", step.op, step.origin.empty() ? "" : " of ", step.origin,
                       text, place_of(device));
  } else {
    text = fmt::format("{}: {}", place_of(device), text);
  }
  switch (failure.code) {
    case ASG_UNSUPPORTED:
    case ASG_COMPILE_FAILED:
    case ASG_UNAVAILABLE:
    case ASG_INCOMPATIBLE:
      throw PluginError(text);
    default:
      throw DeviceError(text);
  }
}

void require_not_given_up(const DeviceImpl& device) {
  if (device.given_up)
    throw DeviceError(
        fmt::format("{}: the device was given up, because work on it did not end; "
                    "open it again to go on",
                    place_of(device)));
}

void check_handle(const DeviceImpl& device, std::string_view function, const void* handle) {
  if (handle == nullptr)
    raise(device, {ASG_INTERNAL, ASG_NO_STEP,
                   fmt::format("{} reported success but gave nothing", function)});
}

}  // namespace asg
