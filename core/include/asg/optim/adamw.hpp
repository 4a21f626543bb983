// AdamW: Adam with decoupled weight decay.
#pragma once
#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
  bool amsgrad = false;  ///< the largest running mean of the square so far takes its place
  Select decays = {};    ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "adamw";
};

/// See asg::adamw_update; with amsgrad Reddi, Kale and Kumar, 2018,
/// https://arxiv.org/abs/1904.09237. State: "adamw.m.PARAMETER" and "adamw.v.PARAMETER", the
/// running means of the gradient and of its square, with amsgrad "adamw.max_v.PARAMETER", and
/// "adamw.step", an i64 scalar. Errors   TypeError when a beta is not in [0, 1) or eps is negative.
class AdamW : public Optimizer {
 public:
  explicit AdamW(AdamWOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  AdamWOptions options_;
};

}  // namespace asg::optim
