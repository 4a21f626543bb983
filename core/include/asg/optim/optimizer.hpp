// What all optimizers share: finding the parameters, differentiating, accumulating, clipping,
// groups.
#pragma once
#include <cstdint>
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

/// What parameters have of their own, chosen by name.
struct ParameterGroup {
  std::string pattern;                      ///< of the whole name, as a shell's: "blocks.*.bias"
  double lr_factor = 1;                     ///< times the learning rate
  std::optional<double> lr = {};            ///< a rate in place of the one that minimize is given
  std::optional<double> weight_decay = {};  ///< in place of the optimizer's, whatever `decays` says
};
/// A parameter belongs to the first group that takes it, or to none.
using ParameterGroups = std::vector<ParameterGroup>;

/// A parameter and its gradient.
struct Gradient {
  std::string name;
  Tensor value;
  Tensor gradient;
};
using Gradients = std::vector<Gradient>;

struct Minimized {
  /// The norm of all gradients together, before clipping; costs when used. While gradients are
  /// accumulated, of those so far.
  Tensor grad_norm;
  /// Whether this run changes the parameters, a bool scalar; none where every run does.
  Tensor stepped = {};
  /// The parameters that it changes.
  Tensors parameters = {};
};

/// Base of optimizers. An optimizer holds settings only: its numbers are variables of the graph,
/// which live in the State beside the parameters and begin with 0 unless said otherwise.
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
  /// It is `gradients` and `apply` in one.
  /// Errors   ShapeError or TypeError when the loss is no float with one element or lr no scalar;
  ///          GradientError when the loss depends on no trainable variable, when no gradient
  ///          reaches any, when one is updated in this program already, when a group takes none, or
  ///          as asg::gradients.
  Minimized minimize(const Operand& loss, const Operand& lr) const;

  /// The first half of minimize: the gradients of what the optimizer updates, as values, to look at
  /// or to change before they are applied. Turns training on.
  /// Errors   as minimize, of the loss.
  [[nodiscard]] Gradients gradients(const Operand& loss) const;

  /// The other half: accumulates, clips and assigns. The gradients may come from anywhere.
  /// Errors   as minimize, of lr and the groups; GradientError when there are no gradients;
  ///          TypeError when one is not of its parameter's type, or that is no variable.
  Minimized apply(const Gradients& gradients, const Operand& lr) const;

 protected:
  /// The options that all optimizers have, under these names.
  struct Common {
    std::string name;     ///< what the names of its variables begin with
    double weight_decay;  ///< of those that `decays` chooses and no group says otherwise
    Select decays;
    std::optional<double> clip_norm;   ///< gradients are scaled down to this norm
    std::optional<double> clip_value;  ///< and each element is limited to this before
    Select parameters;                 ///< those it updates
    ParameterGroups groups;
    std::int64_t accumulate;  ///< one step for the mean gradient of so many runs
  };
  template <class Options>
  [[nodiscard]] static Common common(const Options& o) {
    return {o.name,       o.weight_decay, o.decays, o.clip_norm,
            o.clip_value, o.parameters,   o.groups, o.accumulate};
  }
  /// Errors   TypeError when clip_norm or clip_value is not positive or accumulate below 1.
  explicit Optimizer(Common common, Where where = {});

  /// A parameter that is to be updated.
  struct Trained {
    std::string name;
    Tensor value;
    Tensor gradient;
    Tensor lr;  ///< its group's, a scalar of the parameter's type
    double weight_decay = 0;
    /// gradient + weight_decay * value: decay that goes through the optimizer's means.
    [[nodiscard]] Tensor decayed_gradient() const;
    /// value * (1 - lr * weight_decay): decay beside them.
    [[nodiscard]] Tensor decayed_value() const;
  };
  /// Adds the nodes that give every parameter its new value, with Graph::assign.
  virtual void update(Graph& graph, const std::vector<Trained>& parameters) const = 0;

  /// The optimizer's variable "NAME.KIND.PARAMETER", of the parameter's type.
  [[nodiscard]] Tensor state(const Trained& parameter, std::string_view kind,
                             double initial = 0) const;
  /// The optimizer's variable "NAME.KIND", a scalar.
  /// Errors   GradientError when another optimizer of that name assigns it in this program.
  [[nodiscard]] Tensor scalar_state(Graph& graph, std::string_view kind, DType dtype,
                                    double initial = 0) const;
  /// Counts the variable "NAME.step" up and gives its new value, 1 in the first step. Types i64.
  /// Errors   as scalar_state.
  [[nodiscard]] Tensor next_step(Graph& graph) const;

 private:
  [[nodiscard]] Gradients differentiate(std::string_view function, Graph& graph,
                                        const Operand& loss) const;
  Minimized step(std::string_view function, const Gradients& gradients, const Operand& lr) const;
  [[nodiscard]] std::vector<Trained> with_groups(std::string_view function,
                                                 const Gradients& gradients,
                                                 const Tensor& lr) const;
  [[nodiscard]] Tensor accumulate(Graph& graph, std::vector<Trained>& parameters) const;
  [[nodiscard]] Tensor clip(std::vector<Trained>& parameters) const;

  Common common_;
};

}  // namespace asg::optim
