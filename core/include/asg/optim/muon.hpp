// Muon: momentum whose singular values are all made about 1, for matrices.
#pragma once
#include <array>

#include <asg/optim/optimizer.hpp>

namespace asg::optim {

struct MuonOptions {
  double weight_decay = 0.1;  ///< this share of the parameter, times the rate, is removed
  double momentum = 0.95;
  bool nesterov = true;
  std::array<double, 3> ns_coefficients = {3.4445, -4.775, 2.0315};
  double eps = 1e-7;  ///< the least norm that the momentum is divided by
  int ns_steps = 5;
  /// How the rate is made fit for a matrix of A rows and B columns: times sqrt(max(1, A / B)), or
  /// times 0.2 * sqrt(max(A, B)), with which rates are AdamW's.
  enum class AdjustLr { original, match_rms_adamw } adjust_lr = AdjustLr::original;
  Select decays = {};                     ///< what weight_decay acts on: see matrices_only
  std::optional<double> clip_norm = {};   ///< the gradients' norm is limited to this
  std::optional<double> clip_value = {};  ///< before that, each of their elements to this
  Select parameters = {};                 ///< what is updated, of what is trainable
  ParameterGroups groups = {};            ///< what some of these have of their own
  std::int64_t accumulate = 1;            ///< one step for the mean gradient of so many runs
  std::string name = "muon";
};

/// As PyTorch's: momentum' = momentum * buffer + g is followed, with Nesterov g + momentum times
/// it. Divided by its norm it is made nearly orthogonal by ns_steps of Newton and Schulz, X' = a X
/// + (b X X^T + c (X X^T)^2) X. All in the parameter's type, where PyTorch takes bfloat16. Only for
/// matrices: give all else, and most often embeddings and the last layer too, to another optimizer
/// by the `parameters` of both. State: "muon.momentum.PARAMETER". Errors   TypeError when momentum,
/// eps or ns_steps is negative; minimize and apply throw ShapeError
///          for a parameter that is no matrix.
/// Source   Jordan et al., https://kellerjordan.github.io/posts/muon, 2024;
///          https://pytorch.org/docs/stable/generated/torch.optim.Muon.html
class Muon : public Optimizer {
 public:
  explicit Muon(MuonOptions options = {}, Where where = {});

 protected:
  void update(Graph& graph, const std::vector<Trained>& parameters) const override;

 private:
  MuonOptions options_;
};

}  // namespace asg::optim
