// What `asg train --out DIR` leaves behind, and how it comes back.
#pragma once
#include <filesystem>

#include <nlohmann/json.hpp>

#include <asg/nn/module.hpp>
#include <asg/runtime/state.hpp>

namespace asg::cli {

/// DIR/model.safetensors (the parameters under PyTorch's names), DIR/config.json (the model and its
/// vocabulary) and DIR/training.safetensors (everything the run needs to go on). Each file is
/// replaced as a whole.
/// Errors   WriteError; what was there before stays.
void save_run(const std::filesystem::path& directory, const State& state, const nn::Module& module,
              const nlohmann::ordered_json& config, std::int64_t step);

/// Errors   FormatError when a file is missing, damaged or of another model.
[[nodiscard]] nlohmann::ordered_json load_config(const std::filesystem::path& directory);
void load_weights(const std::filesystem::path& directory, const nn::Module& module, State& state);
/// Fills the state and returns the step to go on with.
[[nodiscard]] std::int64_t load_training(const std::filesystem::path& directory,
                                         const nn::Module& module, State& state);

}  // namespace asg::cli
