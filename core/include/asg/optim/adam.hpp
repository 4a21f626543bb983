// Adam: steps scaled by running means of the gradient and of its square.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< added to the gradient, times the parameter; beside it: AdamW
  bool amsgrad = false;     ///< the largest running mean of the square so far takes its place
  Select decays = {};       ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "adam";
};

/// As PyTorch's. Kingma and Ba, 2015; with amsgrad Reddi, Kale and Kumar, 2018.
/// State: "adam.m.PARAMETER" and "adam.v.PARAMETER", the running means, with amsgrad
/// "adam.max_v.PARAMETER", and "adam.step", an i64 scalar.
/// Errors   TypeError when a beta is not in [0, 1) or eps is negative.
/// Source   https://arxiv.org/abs/1412.6980, https://arxiv.org/abs/1904.09237
class Adam : public Optimizer {
 public:
  explicit Adam(AdamOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  AdamOptions options_;
};

}  // namespace asg::optim
