#include "event.hpp"

namespace asg::vulkan {

// The steps of the first command buffer that is not over, as far as the device still tells.
std::string VulkanEvent::unfinished() const {
  const std::size_t steps = work_.names->steps.size(), buffers = work_.first_steps.size();
  const uint64_t first = submission_ - buffers + 1;
  uint64_t done = submission_;
  try {
    done = device_.finished();
  } catch (const vk::Error&) {
    // Then it is one of all steps.
  }
  if (done >= submission_) return work_.names->last(0, steps);
  const std::size_t k = done < first ? 0 : static_cast<std::size_t>(done - first + 1);
  return work_.names->last(work_.first_steps[k],
                           k + 1 < buffers ? work_.first_steps[k + 1] : steps);
}

bool VulkanEvent::wait(uint64_t timeout_ns) {
  try {
    if (!translated("waiting", [&] { return device_.wait(submission_, timeout_ns); })) return false;
  } catch (const sdk::Error& e) {
    throw sdk::Error(e.code(), std::string(e.what()) + "; " + unfinished());
  }
  errors_->raise();
  device_.instance().messages().raise();
  return true;
}

std::vector<asg_step_time> VulkanEvent::profile() {
  if (!times_) return {};
  return translated("reading times", [&] {
    const auto count = static_cast<uint32_t>(2 * steps_);
    const auto ticks =
        device_.handle()
            .getQueryPoolResults<uint64_t>(times_, 0, count, count * sizeof(uint64_t),
                                           sizeof(uint64_t), vk::QueryResultFlagBits::e64)
            .value;
    const double period = device_.physical().properties.limits.timestampPeriod;
    const auto nanoseconds = [&](uint64_t tick) {
      return static_cast<uint64_t>(static_cast<double>(tick - ticks[0]) * period);
    };
    std::vector<asg_step_time> times;
    for (uint32_t i = 0; i < steps_; ++i)
      times.push_back({i, 0, nanoseconds(ticks[2 * i]), nanoseconds(ticks[2 * i + 1])});
    return times;
  });
}

}  // namespace asg::vulkan
