// Adagrad: steps scaled by the sum of all squares of the gradient so far.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct AdagradOptions {
  double lr_decay = 0;      ///< the rate of step t, from 1, is divided by 1 + (t - 1) * lr_decay
  double weight_decay = 0;  ///< added to the gradient, times the parameter
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  Select decays = {};                     ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "adagrad";
};

/// As PyTorch's: sum' = sum + g^2, and the parameter goes by lr * g / (sqrt(sum') + eps).
/// State: "adagrad.sum.PARAMETER", which begins with initial_accumulator_value; with lr_decay
/// "adagrad.step", an i64 scalar.
/// Errors   TypeError when lr_decay, initial_accumulator_value or eps is negative.
/// Source   Duchi, Hazan and Singer, 2011, http://jmlr.org/papers/v12/duchi11a.html
class Adagrad : public Optimizer {
 public:
  explicit Adagrad(AdagradOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  AdagradOptions options_;
};

}  // namespace asg::optim
