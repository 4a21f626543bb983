// LAMB: Adam's steps, as long for each parameter as it is large; for large batches.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct LAMBOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-6;
  double weight_decay = 0.01;             ///< added to Adam's step, times the parameter
  Select decays = {};                     ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "lamb";
};

/// With r = m^ / (sqrt(v^) + eps) + weight_decay * parameter of Adam's corrected means the
/// parameter goes by lr * r * |parameter| / |r|; where one of the norms is 0, by lr * r. State:
/// "lamb.m.PARAMETER" and "lamb.v.PARAMETER", the running means of the gradient and of its square,
/// and "lamb.step", an i64 scalar. Errors   TypeError when a beta is not in [0, 1) or eps is
/// negative. Source   https://arxiv.org/abs/1904.00962, algorithm 2 with the identity for phi
class LAMB : public Optimizer {
 public:
  explicit LAMB(LAMBOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  LAMBOptions options_;
};

}  // namespace asg::optim
