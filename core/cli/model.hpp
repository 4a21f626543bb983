// The models that the program knows: their graphs, losses and configuration.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include <asg/graph/graph.hpp>
#include <asg/nn/module.hpp>

#include "cli/model_flags.hpp"

namespace asg::cli {

/// A model and the loss it is trained with. Copies share the module, and so do the functions: they
/// may outlive the Model.
struct Model {
  std::shared_ptr<const nn::Module> module;
  Types inputs;                                  ///< of one batch
  std::function<Tensor(const Tensors&)> loss;    ///< from the inputs of one batch
  std::function<Tensor(const Tensor&)> predict;  ///< from the first of them
  double items = 0;                              ///< tokens or images of one batch
  const char* unit = "tokens";
  nlohmann::ordered_json config;  ///< enough to build the model again
};

/// The options of `flags`, where --model must name one of the models.
void add_model(CLI::App& app, ModelFlags& flags);

/// Builds what the flags describe. Models of text need flags.vocab.
/// Errors   UsageError when flags do not fit together.
[[nodiscard]] Model make_model(const ModelFlags& flags);

/// The same for flags that come from a file.
/// Errors   FormatError naming the file.
[[nodiscard]] Model make_saved_model(const ModelFlags& flags, const std::string& file);

}  // namespace asg::cli
