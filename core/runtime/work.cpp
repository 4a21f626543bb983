#include "runtime/work.hpp"

#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg {

using loader::PluginFailure;

void WorkImpl::wait(const std::function<void(asg_event*)>& look) {
  const std::lock_guard lock(mutex_);
  if (event_ != nullptr) finish(look);
  if (failure_ != nullptr) std::rethrow_exception(failure_);
}

void WorkImpl::settle() noexcept {
  try {
    wait();
  } catch (...) {
    // Kept in failure_.
  }
}

void WorkImpl::finish(const std::function<void(asg_event*)>& look) {
  const asg_backend_api& api = device_->api();
  try {
    loader::call_checked("event_wait", api.event_wait, event_, device_->time_limit_ns);
    if (look) look(event_);
  } catch (const PluginFailure& failure) {
    if (failure.code == ASG_TIMEOUT) return give_up();
    try {
      raise(*device_, failure, steps_);
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  const std::lock_guard lock(device_->mutex);
  loader::call_quietly(device_->backend->plugin().name, "event_destroy", api.event_destroy,
                       std::exchange(event_, nullptr));
}

// Memory that the work uses must stay, and so must everything else that the plugin may touch.
void WorkImpl::give_up() {
  device_->given_up = true;
  loader::abandon(std::exchange(event_, nullptr));
  failure_ = std::make_exception_ptr(DeviceError(
      fmt::format("{}: {} has not ended within {} s, and the device is given up; a larger "
                  "ASG_DEVICE_SECONDS (DeviceOptions::time_limit) allows it more time",
                  place_of(*device_), function_, device_->time_limit_ns / 1'000'000'000)));
}

void DeviceImpl::note(const std::shared_ptr<WorkImpl>& work) {
  const std::lock_guard lock(mutex);
  std::erase_if(under_way_, [](const std::weak_ptr<WorkImpl>& one) { return one.expired(); });
  under_way_.push_back(work);
}

// A copy: another thread that waits for the same work must find it, too.

void DeviceImpl::settle() noexcept {
  std::vector<std::weak_ptr<WorkImpl>> all;
  {
    const std::lock_guard lock(mutex);
    all = under_way_;
  }
  for (const std::weak_ptr<WorkImpl>& one : all)
    if (const std::shared_ptr<WorkImpl> work = one.lock()) work->settle();
}

void Work::wait() const {
  if (impl_ != nullptr) impl_->wait();
}

}  // namespace asg
