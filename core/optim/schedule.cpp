#include <asg/optim/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numbers>
#include <utility>

#include <fmt/format.h>

#include "optim/settings.hpp"

namespace asg::optim {
namespace {

double quotient(std::int64_t a, std::int64_t b) {
  return static_cast<double>(a) / static_cast<double>(std::max<std::int64_t>(b, 1));
}

// From `begin` at 0 along half a cosine to `end` at 1.
double half_cosine(double begin, double end, double progress) {
  return end + (begin - end) * (1 + std::cos(std::numbers::pi * progress)) / 2;
}

}  // namespace

double WarmupCosine::operator()(std::int64_t step) const {
  if (step < warmup) return lr * static_cast<double>(step + 1) / static_cast<double>(warmup + 1);
  if (step >= steps) return min_lr;  // also where the warm-up ends behind the last step
  const double progress = static_cast<double>(step - warmup) / static_cast<double>(steps - warmup);
  return min_lr + 0.5 * (1 + std::cos(std::numbers::pi * progress)) * (lr - min_lr);
}

double StepDecay::operator()(std::int64_t step) const {
  return lr * std::pow(factor, static_cast<double>(step / std::max<std::int64_t>(every, 1)));
}

double MultiStepDecay::operator()(std::int64_t step) const {
  const auto reached = std::count_if(milestones.begin(), milestones.end(),
                                     [&](std::int64_t milestone) { return milestone <= step; });
  return lr * std::pow(factor, static_cast<double>(reached));
}

double ExponentialDecay::operator()(std::int64_t step) const {
  return lr * std::pow(factor, static_cast<double>(step));
}

double PolynomialDecay::operator()(std::int64_t step) const {
  return lr * std::pow(1 - quotient(std::min(step, steps), steps), power);
}

double CosineAnnealing::operator()(std::int64_t step) const {
  return half_cosine(lr, min_lr, quotient(step, steps));
}

double CosineWarmRestarts::operator()(std::int64_t step) const {
  std::int64_t length = std::max<std::int64_t>(period, 1);
  if (growth <= 1) step %= length;
  while (step >= length) {
    step -= length;
    length *= growth;
  }
  return half_cosine(lr, min_lr, quotient(step, length));
}

double LinearWarmup::operator()(std::int64_t step) const {
  const double progress = step >= steps ? 1 : quotient(step, steps);
  return lr * (start_factor + (end_factor - start_factor) * progress);
}

double OneCycle::operator()(std::int64_t step) const {
  struct Phase {
    double end_step, begin, end;
  };
  const auto all = static_cast<double>(steps);
  const double first = max_lr / div_factor, last = first / final_div_factor;
  const double top = pct_start * all - 1;
  std::vector<Phase> phases = {{top, first, max_lr}};
  if (three_phase) phases.push_back({2 * pct_start * all - 2, max_lr, first});
  phases.push_back({all - 1, phases.back().end, last});

  const double at = std::min(static_cast<double>(step), all - 1);
  double start = 0;
  for (const Phase& phase : phases) {
    if (at <= phase.end_step && phase.end_step > start) {
      const double progress = (at - start) / (phase.end_step - start);
      return linear ? phase.begin + (phase.end - phase.begin) * progress
                    : half_cosine(phase.begin, phase.end, progress);
    }
    start = phase.end_step;
  }
  return last;
}

Sequence::Sequence(std::vector<Schedule> schedules, std::vector<std::int64_t> milestones,
                   Where where)
    : schedules_(std::move(schedules)), milestones_(std::move(milestones)) {
  require(schedules_.size() == milestones_.size() + 1, "Sequence",
          fmt::format("{} schedules need one milestone less, not {}", schedules_.size(),
                      milestones_.size()),
          where);
  require(std::is_sorted(milestones_.begin(), milestones_.end()), "Sequence",
          "the milestones must rise", where);
}

double Sequence::operator()(std::int64_t step) const {
  const auto next = std::upper_bound(milestones_.begin(), milestones_.end(), step);
  const std::int64_t begin = next == milestones_.begin() ? 0 : *std::prev(next);
  return schedules_[static_cast<std::size_t>(next - milestones_.begin())](step - begin);
}

double Product::operator()(std::int64_t step) const {
  double result = lr;
  for (const Schedule& schedule : schedules) result *= schedule(step);
  return result;
}

Plateau::Plateau(PlateauOptions options, Where where) : options_(options) {
  require(options_.factor < 1, "Plateau",
          fmt::format("factor must be below 1, not {}", options_.factor), where);
  memory_.lr = options_.lr;
}

bool Plateau::better(double measure) const {
  const double sign = options_.larger_is_better ? 1 : -1;
  const double best = memory_.best.value_or(-sign * std::numeric_limits<double>::infinity());
  const double bar =
      options_.absolute ? best + sign * options_.threshold : best * (1 + sign * options_.threshold);
  return options_.larger_is_better ? measure > bar : measure < bar;
}

double Plateau::operator()(double measure) {
  if (better(measure)) {
    memory_.best = measure;
    memory_.bad = 0;
  } else {
    ++memory_.bad;
  }
  if (memory_.cool > 0) {
    --memory_.cool;
    memory_.bad = 0;
  }
  if (memory_.bad > options_.patience) {
    const double cut = std::max(memory_.lr * options_.factor, options_.min_lr);
    if (memory_.lr - cut > options_.eps) memory_.lr = cut;
    memory_.cool = options_.cooldown;
    memory_.bad = 0;
  }
  return memory_.lr;
}

}  // namespace asg::optim
