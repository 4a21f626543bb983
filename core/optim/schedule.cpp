#include <asg/optim/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace asg::optim {

double WarmupCosine::operator()(std::int64_t step) const {
  if (step < warmup) return lr * static_cast<double>(step + 1) / static_cast<double>(warmup + 1);
  if (step >= steps) return min_lr;  // also where the warm-up ends behind the last step
  const double progress = static_cast<double>(step - warmup) / static_cast<double>(steps - warmup);
  return min_lr + 0.5 * (1 + std::cos(std::numbers::pi * progress)) * (lr - min_lr);
}

double StepDecay::operator()(std::int64_t step) const {
  return lr * std::pow(factor, static_cast<double>(step / std::max<std::int64_t>(every, 1)));
}

double ExponentialDecay::operator()(std::int64_t step) const {
  return lr * std::pow(factor, static_cast<double>(step));
}

}  // namespace asg::optim
