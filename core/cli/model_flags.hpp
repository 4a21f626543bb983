// What describes a model: on a command line and in the config.json of a run.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <asg/graph/dtype.hpp>

namespace asg::cli {

/// The list of these, with what fits each, stands once in model_flags.cpp: the options, the
/// configuration and its checks come from it.
struct ModelFlags {
  std::string model;
  std::int64_t vocab = 0;  ///< 0: from the data
  std::int64_t layers = 4, heads = 4, embd = 128, block = 64, batch = 12;
  double dropout = 0;
  bool tie = false, no_bias = false;
  std::string dtype = "f32";

  /// The options, but for --vocab.
  void add(CLI::App& app);
  /// --vocab, for commands that need no data.
  void add_vocab(CLI::App& app, const char* otherwise);
  [[nodiscard]] DType element() const { return dtype_from_name(dtype); }

  [[nodiscard]] nlohmann::ordered_json to_config() const;
  /// Errors   FormatError naming `file` for what is missing, of another type or does not fit. That
  ///          there is a model of the name is not looked at.
  [[nodiscard]] static ModelFlags from_config(const nlohmann::ordered_json& config,
                                              const std::string& file);
  /// Whether a run may go on with another value of what `key` names: nothing that is saved depends
  /// on it.
  [[nodiscard]] static bool may_change(std::string_view key);
};

}  // namespace asg::cli
