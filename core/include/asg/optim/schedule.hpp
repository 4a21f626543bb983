// Learning rates that change from step to step: plain functions on the host. Programs take the rate
// as an input, so that nothing is compiled again: `step(state, x, y, float(schedule(n)))`.
#pragma once
#include <cstdint>

namespace asg::optim {

/// Rises linearly, then falls along half a cosine to `min_lr` at step `steps`, and stays there.
/// Steps count from 0: lr * (step + 1) / (warmup + 1) while step < warmup, and lr at step `warmup`.
/// Source   https://github.com/karpathy/nanoGPT, get_lr of train.py;
///          Loshchilov and Hutter, SGDR, 2017
struct WarmupCosine {
  double lr = 1e-3;
  double min_lr = 0;
  std::int64_t warmup = 0;
  std::int64_t steps = 0;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// lr * factor^(step / every), the quotient rounded down: a staircase.
struct StepDecay {
  double lr = 1e-3;
  double factor = 0.1;
  std::int64_t every = 1;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

/// lr * factor^step.
struct ExponentialDecay {
  double lr = 1e-3;
  double factor = 0.99;
  [[nodiscard]] double operator()(std::int64_t step) const;
};

}  // namespace asg::optim
