// Adadelta: steps as large as the recent ones were, for the size that the gradients have.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct AdadeltaOptions {
  double rho = 0.9;  ///< the share of the running means that stays
  double eps = 1e-6;
  double weight_decay = 0;                ///< added to the gradient, times the parameter
  Select decays = {};                     ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "adadelta";
};

/// As PyTorch's, where lr is 1 most often: square_avg' = rho * square_avg + (1 - rho) * g^2;
/// delta = g * sqrt(acc_delta + eps) / sqrt(square_avg' + eps), by which times lr the parameter
/// goes; acc_delta' = rho * acc_delta + (1 - rho) * delta^2. State: "adadelta.square_avg.PARAMETER"
/// and "adadelta.acc_delta.PARAMETER". Errors   TypeError when rho is not in [0, 1] or eps is
/// negative. Source   https://arxiv.org/abs/1212.5701
class Adadelta : public Optimizer {
 public:
  explicit Adadelta(AdadeltaOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  AdadeltaOptions options_;
};

}  // namespace asg::optim
