// What all optimizers share: finding the parameters, differentiating, clipping.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg::optim {

/// Chooses parameters by name and shape. An empty one chooses all.
using Select = std::function<bool(std::string_view name, const Shape& shape)>;

/// Matrices and higher: weights, but neither biases nor the scales of norms.
[[nodiscard]] bool matrices_only(std::string_view name, const Shape& shape);

struct Minimized {
  Tensor grad_norm;  ///< the norm of all gradients together, before clipping; costs when used
};

/// Base of optimizers. An optimizer holds settings only: its numbers are variables of the graph,
/// which live in the State beside the parameters and begin with 0.
/// Threads  const functions may run at once.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Makes the program a training step: turns training on, differentiates the loss with respect to
  /// the trainable variables it depends on, and assigns them their new values. All reads in the
  /// program see the old ones. Counts "random.step" up, so that dropout differs from run to run.
  /// A parameter that no gradient reaches, as one behind stop_gradient, is left alone: no weight
  /// decay, no momentum, no state. One whose gradient is zero, as behind floor or at a point where
  /// it vanishes, is updated and decayed like all others (PyTorch's None and zeros).
  /// `lr` is a number or, to change it from step to step, a scalar input.
  /// Errors   ShapeError or TypeError when the loss is no float with one element or lr no scalar;
  ///          GradientError when the loss depends on no trainable variable, when no gradient
  ///          reaches any, when one is updated in this program already, or as asg::gradients.
  Minimized minimize(const Operand& loss, const Operand& lr) const;

 protected:
  struct Common {
    std::string name;                 ///< what the names of its variables begin with
    std::optional<double> clip_norm;  ///< gradients are scaled down to this norm
    Select parameters;                ///< those it updates
  };
  explicit Optimizer(Common common);

  /// A parameter that is to be updated.
  struct Trained {
    std::string name;
    Tensor value;
    Tensor gradient;
  };
  /// Adds the nodes that give every parameter its new value, with Graph::assign.
  virtual void update(Graph& graph, const std::vector<Trained>& parameters,
                      const Tensor& lr) const = 0;

  /// The optimizer's variable "NAME.KIND.PARAMETER", of the parameter's type.
  [[nodiscard]] Tensor state(const Trained& parameter, std::string_view kind) const;
  /// Counts the variable "NAME.step" up and gives its new value, 1 in the first step. Types i64.
  /// Errors   GradientError when another optimizer of that name has done so in this program.
  [[nodiscard]] Tensor next_step(Graph& graph) const;

 private:
  Common common_;
};

}  // namespace asg::optim
