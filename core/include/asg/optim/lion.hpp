// Lion: steps by the sign of a momentum.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct LionOptions {
  double beta1 = 0.9;       ///< the momentum's share in what is followed
  double beta2 = 0.99;      ///< and what of it stays
  double weight_decay = 0;  ///< this share of the parameter, times the rate, is removed
  Select decays = {};       ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "lion";
};

/// The parameter goes by lr * (sign(beta1 * m + (1 - beta1) * g) + weight_decay * parameter);
/// then m' = beta2 * m + (1 - beta2) * g. Rates are three to ten times smaller than AdamW's.
/// State: "lion.m.PARAMETER".
/// Errors   TypeError when a beta is not in [0, 1).
/// Source   https://arxiv.org/abs/2302.06675
class Lion : public Optimizer {
 public:
  explicit Lion(LionOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  LionOptions options_;
};

}  // namespace asg::optim
