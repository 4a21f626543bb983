// The models that the program knows: their flags, their graphs, their configuration as JSON.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <asg/graph/graph.hpp>
#include <asg/nn/module.hpp>

namespace asg::cli {

constexpr double most_dropout = 0.999;

struct ModelFlags {
  std::string model;
  std::int64_t layers = 4, heads = 4, embd = 128, block = 64, batch = 12;
  std::int64_t vocab = 0;  ///< 0: from the data
  double dropout = 0;
  bool tie = false, no_bias = false;
  std::string dtype = "f32";

  void add(CLI::App& app);
  /// --vocab, for commands that need no data.
  void add_vocab(CLI::App& app, const char* otherwise);
  [[nodiscard]] DType element() const { return dtype_from_name(dtype); }
};

/// A model and the loss it is trained with.
struct Model {
  std::shared_ptr<const nn::Module> module;
  Types inputs;                                  ///< of one batch
  std::function<Tensor(const Tensors&)> loss;    ///< from the inputs of one batch
  std::function<Tensor(const Tensor&)> predict;  ///< from the first of them
  double items = 0;                              ///< tokens or images of one batch
  const char* unit = "tokens";
  nlohmann::ordered_json config;  ///< enough to build the model again
};

/// Builds what the flags describe. Models of text need flags.vocab.
/// Errors   UsageError when flags do not fit together.
[[nodiscard]] Model make_model(const ModelFlags& flags);

/// The same for flags that come from a file.
/// Errors   FormatError naming the file.
[[nodiscard]] Model make_saved_model(const ModelFlags& flags, const std::string& file);

}  // namespace asg::cli
