// NAdam: Adam with Nesterov's momentum.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct NAdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< added to the gradient, times the parameter
  double momentum_decay = 4e-3;
  bool decoupled_weight_decay = false;    ///< as AdamW's
  Select decays = {};                     ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "nadam";
};

/// As PyTorch's: with mu_t = beta1 * (1 - 0.5 * 0.96^(t * momentum_decay)) the parameter goes by
/// lr * (mu_{t+1} * m / (1 - mu_1 ... mu_{t+1}) + (1 - mu_t) * g / (1 - mu_1 ... mu_t)), divided by
/// sqrt(v^) + eps as in Adam.
/// State: "nadam.m.PARAMETER" and "nadam.v.PARAMETER", the running means of the gradient and of its
/// square; "nadam.mu_product", which begins with 1; "nadam.step", an i64 scalar.
/// Errors   TypeError when a beta is not in [0, 1) or eps or momentum_decay is negative.
/// Source   Dozat, Incorporating Nesterov Momentum into Adam, 2016
class NAdam : public Optimizer {
 public:
  explicit NAdam(NAdamOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  NAdamOptions options_;
};

}  // namespace asg::optim
