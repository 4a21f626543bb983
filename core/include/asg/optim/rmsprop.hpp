// RMSprop: steps scaled by a running mean of the gradient's square.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct RMSpropOptions {
  double alpha = 0.99;  ///< the share of the running mean that stays
  double eps = 1e-8;
  double weight_decay = 0;  ///< added to the gradient, times the parameter
  double momentum = 0;
  bool centered = false;                  ///< by the variance in place of the mean square
  Select decays = {};                     ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "rmsprop";
};

/// As PyTorch's: square_avg' = alpha * square_avg + (1 - alpha) * g^2, and the parameter goes by
/// lr * g / (sqrt(square_avg') + eps), with momentum by lr times the momentum's sum of such steps.
/// State: "rmsprop.square_avg.PARAMETER"; with momentum "rmsprop.momentum.PARAMETER"; centered
/// "rmsprop.grad_avg.PARAMETER", the running mean of the gradient.
/// Errors   TypeError when alpha is not in [0, 1] or eps or momentum is negative.
/// Source   https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
class RMSprop : public Optimizer {
 public:
  explicit RMSprop(RMSpropOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  RMSpropOptions options_;
};

}  // namespace asg::optim
