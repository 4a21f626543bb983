// Module: a piece of a model with named parameters and buffers.
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <asg/graph/graph.hpp>
#include <asg/nn/parameter.hpp>

namespace asg::nn {

/// Base of layers and models. A module is a cheap handle: copies share parameters and names.
///
/// A user's model registers its members in one line each and says what it computes:
///
///     struct Classifier : nn::Module {
///       nn::Linear fc1 = add("fc1", nn::Linear{784, 512});
///       nn::Linear fc2 = add("fc2", nn::Linear{512, 10});
///       Tensor forward(const Tensor& x) const override { return fc2(relu(fc1(x))); }
///     };
///
/// Calling it builds nodes in the tensor's graph; no numbers are touched. Parameters are called by
/// the path of member names: "fc1.weight". A module that is registered in two places keeps its
/// first name, and its parameters are shared (tied).
/// Threads  calls may run at once: they only read the module, and each writes its own graph.
class Module {
 public:
  virtual ~Module() = default;

  /// Builds the module's nodes: `forward` under the module's path and the caller's line.
  /// Errors   TypeError when x is a number; ShapeError, TypeError of what forward does.
  Tensor operator()(const Operand& x) const;
  /// What the module computes; called through operator(). Modules that take more than one tensor
  /// have an operator() of their own, which begins with `enter`.
  [[nodiscard]] virtual Tensor forward(const Tensor& x) const;

  /// The parameters of the module and of all below it: its own first, then those of its members,
  /// in the order of registration; shared ones once, at their first place.
  [[nodiscard]] std::vector<Parameter> parameters() const;
  /// The buffers in the same order: state that no optimizer trains, saved with the model.
  [[nodiscard]] std::vector<Parameter> buffers() const;
  /// All that a State holds of the model, PyTorch's state_dict: of each module its parameters, then
  /// its buffers.
  [[nodiscard]] std::vector<Parameter> stored() const;
  /// The parameter or buffer of that full name.
  /// Errors   StateError naming the nearest when there is none.
  [[nodiscard]] Parameter parameter(std::string_view name) const;
  /// The number of elements of all parameters.
  [[nodiscard]] std::int64_t numel() const;
  /// Where the module stands: "blocks.0.attn"; empty for a root without a name.
  [[nodiscard]] std::string path() const;

  /// Freezes (false) or thaws all parameters, for graphs that are built from now on.
  void set_trainable(bool on) const;
  /// Lets the module and all below it act as in a prediction where a program trains, too, in
  /// graphs that are built from now on: batch norm uses its running statistics and leaves them be,
  /// dropout drops nothing. The parameters are trained all the same: see set_trainable.
  void eval() const;
  /// Takes eval() back, also for a part of a module that evaluates. Whether a program trains is for
  /// the program to say: this makes none of one that predicts.
  void train() const;
  /// Sets the element type of all parameters and of the buffers that are float, f32 unless told
  /// otherwise. Before the State is made.
  /// Errors   TypeError when the type is no float.
  void to(DType dtype) const;

 protected:
  Module();
  Module(const Module&) = default;
  Module(Module&&) = default;
  Module& operator=(const Module&) = default;
  Module& operator=(Module&&) = default;

  /// Registers a member and returns it.
  /// Errors   TypeError when the name is taken, empty or has a dot, or when a module would contain
  ///          itself.
  template <std::derived_from<Module> M>
  M add(std::string name, M module, Where where = {}) const {
    add_child(std::move(name), module, where);
    return module;
  }
  /// Makes and registers a parameter of this module.
  /// Errors   TypeError as above.
  Parameter add(std::string name, const Shape& shape, Initializer initializer,
                Where where = {}) const;
  /// Registers a parameter that another module has made, and returns it: the two are tied. It keeps
  /// its first name.
  /// Errors   TypeError as above, and when there is no parameter.
  Parameter add(std::string name, const Parameter& shared, Where where = {}) const;
  /// The same for a buffer (PyTorch's register_buffer), of any type. `Graph::assign` gives it a new
  /// value: `graph.assign(running_mean.in(graph), value)`.
  Parameter add_buffer(std::string name, const TensorType& type, Initializer initializer,
                       Where where = {}) const;

  /// While it lives, nodes belong to the module and to the caller's line.
  class Scope {
   public:
    Scope(const Module& module, const Operand& x);

   private:
    WhereScope where_;
    std::optional<PathScope> path_;
    std::optional<EvaluationScope> mode_;
  };
  /// For functions that users call: `const Scope scope = enter(x);` as the first line.
  /// Errors   TypeError when x is a number or an empty Tensor.
  [[nodiscard]] Scope enter(const Operand& x) const { return {*this, x}; }

 private:
  struct Data;
  void add_child(std::string name, const Module& child, Where where) const;
  void check_free(std::string_view name, Where where) const;
  Parameter add_stored(Parameter::Kind kind, std::string name, const TensorType& type,
                       Initializer initializer, Where where) const;
  void set_evaluating(bool on) const;
  friend void set_root_name(const Module& module, std::string name);

  std::shared_ptr<Data> data_;
};

void set_root_name(const Module& module, std::string name);

/// Gives a model a name, which its parameters' names begin with, so that two models fit into one
/// graph and one State: `auto encoder = nn::named("encoder", nn::Linear{8, 4});`
/// Errors   TypeError when the name is empty or has a dot, or the model is part of another.
template <std::derived_from<Module> M>
M named(std::string name, M model) {
  set_root_name(model, std::move(name));
  return model;
}

}  // namespace asg::nn
