// Work that a device has not finished yet.
#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "runtime/device_call.hpp"

namespace asg {

/// One event of a plugin. It is waited for once, with success or an error, before it is destroyed.
class WorkImpl {
 public:
  /// `steps` are those of the program that runs, empty for a transfer; `owner` has them and stays
  /// as long as the work.
  WorkImpl(std::shared_ptr<DeviceImpl> device, const char* function, asg_event* event,
           std::shared_ptr<const void> owner, std::span<const StepNames> steps)
      : device_(std::move(device)),
        function_(function),
        event_(event),
        owner_(std::move(owner)),
        steps_(steps) {}
  WorkImpl(const WorkImpl&) = delete;
  WorkImpl& operator=(const WorkImpl&) = delete;
  ~WorkImpl() { settle(); }

  /// Errors   of the work, to everyone who waits; DeviceError when it takes longer than the
  /// device's
  ///          time limit, which gives the device up.
  /// `look` is shown the event when it is over and not destroyed yet.
  void wait(const std::function<void(asg_event*)>& look = {});
  /// Waits, and leaves an error to those who wait for it.
  void settle() noexcept;

 private:
  void finish(const std::function<void(asg_event*)>& look);
  void give_up();

  std::shared_ptr<DeviceImpl> device_;
  const char* function_;
  std::mutex mutex_;
  asg_event* event_;  // nullptr: it is over
  std::shared_ptr<const void> owner_;
  std::span<const StepNames> steps_;
  std::exception_ptr failure_;
};

}  // namespace asg
