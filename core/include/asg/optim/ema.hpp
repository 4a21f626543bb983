// EMA: exponential moving averages of weights, which often predict better than the weights.
#pragma once
#include <string>
#include <string_view>

#include <asg/optim/optimizer.hpp>
#include <asg/runtime/state.hpp>

namespace asg::optim {

struct EMAOptions {
  double decay = 0.999;    ///< the share of the average that stays
  bool warmup = false;     ///< not more than (1 + n) / (10 + n) after n updates of it
  Select parameters = {};  ///< what is averaged, of what the optimizer updates
  std::string name = "ema";
};

/// Averages of parameters, variables beside them:
///
///     const optim::Minimized step = optimizer.minimize(loss, lr);
///     ema.update(step);                                  // in the program that trains
///     const Array y = predict(ema.averaged(state), x);   // on the host: the averages predict
///
/// State: "ema.average.PARAMETER", which the first update makes a copy of the parameter, and
/// "ema.step", an i64 scalar, the number of updates.
/// Errors   TypeError when decay is not in [0, 1].
/// Source   https://pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html;
///          the warm-up:
///          https://www.tensorflow.org/api_docs/python/tf/train/ExponentialMovingAverage
class EMA {
 public:
  explicit EMA(EMAOptions options = {}, Where where = {});

  /// Brings the averages up to date with what the optimizer's step makes of the parameters:
  /// average' = decay * average + (1 - decay) * parameter. Where a step takes several runs, the
  /// averages change with the parameters.
  /// Errors   GradientError when `parameters` chooses none, or another EMA of that name is in this
  ///          program.
  void update(const Minimized& step, Where where = {}) const;

  /// A copy of the state in which the parameters hold their averages; the state stays as it is.
  /// Errors   StateError when the state has no averages.
  /// Memory   as much again as the state.
  [[nodiscard]] State averaged(const State& state, Where where = {}) const;
  /// Exchanges the parameters and their averages; a second call takes that back. Without memory on
  /// the device; the exchange goes through the host.
  /// Errors   as averaged.
  void swap(State& state, Where where = {}) const;

 private:
  EMAOptions options_;
};

}  // namespace asg::optim
