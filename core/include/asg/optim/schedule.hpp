// Learning rates that change from step to step: plain functions on the host. Programs take the rate
// as an input, so that nothing is compiled again: `step(state, x, y, float(schedule(n)))`.
// Steps count from 0. Those that PyTorch has give its numbers.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <asg/graph/tensor.hpp>

namespace asg::optim {

/// Any of them, or a function of one's own.
using Schedule = std::function<double(std::int64_t step)>;

/// Rises linearly, then falls along half a cosine to `min_lr` at step `steps`, and stays there:
/// lr * (step + 1) / (warmup + 1) while step < warmup, and lr at step `warmup`.
/// Source   https://github.com/karpathy/nanoGPT, get_lr of train.py;
///          Loshchilov and Hutter, SGDR, 2017
struct WarmupCosine {
  double lr = 1e-3;
  double min_lr = 0;
  std::int64_t warmup = 0;
  std::int64_t steps = 0;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// lr * factor^(step / every), the quotient rounded down: a staircase (PyTorch's StepLR).
struct StepDecay {
  double lr = 1e-3;
  double factor = 0.1;
  std::int64_t every = 1;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// lr times factor for every milestone that is reached, in any order (PyTorch's MultiStepLR).
struct MultiStepDecay {
  double lr = 1e-3;
  double factor = 0.1;
  std::vector<std::int64_t> milestones = {};
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// lr * factor^step.
struct ExponentialDecay {
  double lr = 1e-3;
  double factor = 0.99;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// lr * (1 - step / steps)^power down to 0 at `steps`, where it stays (PyTorch's PolynomialLR).
struct PolynomialDecay {
  double lr = 1e-3;
  std::int64_t steps = 5;
  double power = 1;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// Along half a cosine to `min_lr` at step `steps`, and back in as many (PyTorch's
/// CosineAnnealingLR). To stay at min_lr: WarmupCosine.
struct CosineAnnealing {
  double lr = 1e-3;
  double min_lr = 0;
  std::int64_t steps = 1;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// The same half cosine again and again, each `growth` times as long as the one before (PyTorch's
/// CosineAnnealingWarmRestarts).
/// Source   Loshchilov and Hutter, SGDR, 2017
struct CosineWarmRestarts {
  double lr = 1e-3;
  double min_lr = 0;
  std::int64_t period = 1;  ///< the length of the first
  std::int64_t growth = 1;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// From lr * start_factor linearly to lr * end_factor at step `steps`, where it stays (PyTorch's
/// LinearLR).
struct LinearWarmup {
  double lr = 1e-3;
  double start_factor = 1.0 / 3;
  double end_factor = 1;
  std::int64_t steps = 5;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// From max_lr / div_factor up to max_lr, which pct_start of the steps take, then down to
/// max_lr / div_factor / final_div_factor at step steps - 1, where it stays. With three_phase down
/// to where it began first, in as many steps as up (PyTorch's OneCycleLR, without its momentum).
/// Source   https://arxiv.org/abs/1708.07120
struct OneCycle {
  double max_lr = 1e-3;
  std::int64_t steps = 1;
  double pct_start = 0.3;
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool linear = false;  ///< in place of half cosines
  bool three_phase = false;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// One schedule after another: each begins at its milestone with its step 0 (PyTorch's
/// SequentialLR).
/// Errors   TypeError unless there is one milestone less than schedules and they rise.
class Sequence {
 public:
  Sequence(std::vector<Schedule> schedules, std::vector<std::int64_t> milestones, Where where = {});
  [[nodiscard]] double operator()(std::int64_t step) const;

 private:
  std::vector<Schedule> schedules_;
  std::vector<std::int64_t> milestones_;
};

/// lr times all of them, which are made with a rate of 1 (PyTorch's ChainedScheduler).
struct Product {
  double lr = 1e-3;
  std::vector<Schedule> schedules = {};
  [[nodiscard]] double operator()(std::int64_t step) const;
};

struct PlateauOptions {
  double lr = 1e-3;
  double factor = 0.1;
  std::int64_t patience = 10;  ///< so many measures in a row may be no better
  double threshold = 1e-4;     ///< better is better by this share
  bool absolute = false;       ///< or by this amount
  bool larger_is_better = false;
  std::int64_t cooldown = 0;  ///< so many measures after a cut do not count
  double min_lr = 0;
  double eps = 1e-8;  ///< a cut by no more than this is none
};

/// Cuts the rate when a measure no longer gets better (PyTorch's ReduceLROnPlateau):
/// `lr = plateau(validation_loss)` after each evaluation, `plateau.lr()` between them.
/// It remembers: `memory` is what a checkpoint needs of it.
/// Errors   TypeError when factor is not below 1.
class Plateau {
 public:
  struct Memory {
    double lr = 0;
    std::optional<double> best = {};
    std::int64_t bad = 0;   ///< measures in a row that were no better
    std::int64_t cool = 0;  ///< measures that do not count yet
  };
  explicit Plateau(PlateauOptions options = {}, Where where = {});

  /// Takes a measure in and gives the rate from now on. One that is NaN is no better.
  double operator()(double measure);
  [[nodiscard]] double lr() const { return memory_.lr; }
  [[nodiscard]] const Memory& memory() const { return memory_; }
  void set_memory(const Memory& memory) { memory_ = memory; }

 private:
  [[nodiscard]] bool better(double measure) const;
  PlateauOptions options_;
  Memory memory_;
};

}  // namespace asg::optim
