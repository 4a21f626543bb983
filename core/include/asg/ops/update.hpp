// One step of an optimizer for one parameter, and clipping: functions from old values to new ones.
// The caller assigns the results to its variables.
//
// Types    float; the gradient and the state have the parameter's type. Learning rates are float
//          scalars, inputs of the program most often; a step is an i64 or float scalar, 1 at first.
// Errors   ShapeError or TypeError when an operand does not match the parameter.
#pragma once
#include <vector>

#include <asg/graph/tensor.hpp>

namespace asg {

struct SgdOptions {
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// parameter - learning_rate * (gradient + weight_decay * parameter)
/// Source   https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
[[nodiscard]] Tensor sgd_update(const Operand& parameter, const Tensor& gradient,
                                const Operand& learning_rate, double weight_decay = 0);

struct SgdMomentum {
  Tensor parameter;
  Tensor buffer;
};

/// The same with momentum: buffer' = momentum * buffer + (1 - dampening) * g is followed instead of
/// g (with Nesterov g + momentum * buffer'). The buffer begins with zeros.
/// Errors   TypeError for a dampening without the step, which it needs: the first buffer is g
///          itself; TypeError for Nesterov with a dampening or without momentum.
[[nodiscard]] SgdMomentum sgd_momentum_update(const Operand& parameter, const Tensor& gradient,
                                              const Tensor& buffer, const Operand& learning_rate,
                                              const SgdOptions& options, const Tensor& step = {});

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
};

struct AdamWState {
  Tensor parameter;
  Tensor first;   ///< the running mean of the gradient
  Tensor second;  ///< the running mean of its square
};

/// Adam with decoupled weight decay: first' = lerp of first and g, second' of second and g^2, both
/// corrected for having begun with zeros;
/// parameter' = parameter * (1 - rate * weight_decay) - rate * first^ / (sqrt(second^) + eps).
/// Source   https://arxiv.org/abs/1711.05101
[[nodiscard]] AdamWState adamw_update(const AdamWState& state, const Tensor& gradient,
                                      const Operand& learning_rate, const Operand& step,
                                      const AdamWOptions& options = {}, Where where = {});

struct ClippedGradients {
  std::vector<Tensor> gradients;
  Tensor norm;  ///< of all gradients together, before
};

/// The root of the sum of all squares.
/// Shapes   any, at least one tensor -> [].
/// Types    float; that of the first tensor.
[[nodiscard]] Tensor global_norm(const std::vector<Tensor>& tensors, Where where = {});

/// Scales all gradients by max_norm / (norm + 1e-6) where that is below 1.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
[[nodiscard]] ClippedGradients clip_grad_norm(const std::vector<Tensor>& gradients,
                                              const Operand& max_norm, Where where = {});

}  // namespace asg
