// SGD: stochastic gradient descent.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct SGDOptions {
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;  ///< added to the gradient, times the parameter
  bool nesterov = false;
  Select decays = {};                     ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "sgd";
};

/// Steps against the gradient, as PyTorch's: see asg::sgd_update and asg::sgd_momentum_update.
/// State: with momentum "sgd.momentum.PARAMETER", with dampening "sgd.step"; otherwise none.
/// Errors   TypeError for Nesterov's momentum without momentum or with a dampening.
class SGD : public Optimizer {
 public:
  explicit SGD(SGDOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  SGDOptions options_;
};

}  // namespace asg::optim
