// The training step of a model: what asg train runs, asg plan plans and asg graph shows.
#pragma once
#include <string>

#include <CLI/CLI.hpp>

#include <asg/runtime/compile.hpp>

#include "cli/model.hpp"

namespace asg::cli {

struct OptimizerFlags {
  std::string optimizer = "adamw";
  double beta1 = 0.9, beta2 = 0.999, momentum = 0.9, weight_decay = 0, clip = 0;

  void add(CLI::App& app);
  /// Tensors of a parameter's size that a training run holds for it, itself included.
  [[nodiscard]] double copies() const { return optimizer == "adamw" ? 3 : momentum > 0 ? 2 : 1; }
};

/// Forward, backward, clipping and update: takes the inputs of a batch and the learning rate, gives
/// the loss and, if asked or clipped by it, the norm of the gradient: that reads every gradient
/// once more.
[[nodiscard]] Function::Build training_step(const OptimizerFlags& flags, const Model& model,
                                            bool with_norm = false);

/// Of the arguments that the step takes.
[[nodiscard]] Types training_types(const Model& model, DType element);

}  // namespace asg::cli
