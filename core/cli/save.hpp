// What `asg train --out DIR` leaves behind, and how it comes back.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <asg/nn/module.hpp>
#include <asg/runtime/state.hpp>

namespace asg::cli {

/// DIR/model.safetensors (the parameters under PyTorch's names), DIR/config.json (the model and its
/// vocabulary) and DIR/training.safetensors (everything the run needs to go on). They are written
/// beside the old ones first, which are replaced when all are complete.
/// Errors   WriteError; what was there before stays.
void save_run(const std::filesystem::path& directory, const State& state, const nn::Module& module,
              const nlohmann::ordered_json& config, std::int64_t step);

/// Puts what save_run left at this step also into DIR/checkpoints/STEP, without copying where the
/// disk has hard links, and removes all such folders but the newest `keep`.
/// Errors   WriteError; DIR itself stays.
void keep_checkpoints(const std::filesystem::path& directory, std::int64_t step, std::int64_t keep);

/// A vocabulary in JSON: characters as strings; bytes that are no UTF-8, which a string of JSON
/// cannot hold, as arrays of numbers.
[[nodiscard]] nlohmann::ordered_json vocabulary_to_json(const std::vector<std::string>& vocabulary);
/// Errors   FormatError naming `file`.
[[nodiscard]] std::vector<std::string> vocabulary_from_json(const nlohmann::ordered_json& json,
                                                            const std::string& file);

/// Errors   FormatError when a file is missing, damaged or of another model.
[[nodiscard]] nlohmann::ordered_json load_config(const std::filesystem::path& directory);
void load_weights(const std::filesystem::path& directory, const nn::Module& module, State& state);
/// Fills the state and returns the step to go on with.
/// Errors   also UsageError when `config` describes another model than the saved one.
[[nodiscard]] std::int64_t load_training(const std::filesystem::path& directory,
                                         const nn::Module& module,
                                         const nlohmann::ordered_json& config, State& state);

}  // namespace asg::cli
