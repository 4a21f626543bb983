// What `asg train --out DIR` leaves behind, and how it comes back.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <asg/nn/module.hpp>
#include <asg/runtime/state.hpp>

#include "cli/run_folder.hpp"

namespace asg::cli {

/// Publishes the checkpoint of a step: model.safetensors (the parameters under PyTorch's names),
/// config.json (the model, its vocabulary and the options of the run) and training.safetensors
/// (everything the run needs to go on). Both files of tensors hold a checksum of themselves and one
/// of the configuration. The newest `keep` checkpoints stay.
/// Errors   WriteError; Error when a parameter is NaN or infinite. What was there before stays.
void save_run(RunFolder& folder, const State& state, const nn::Module& module,
              const nlohmann::ordered_json& config, std::int64_t step, std::int64_t keep);

/// Errors   FormatError when a file is missing, damaged or of another model: also for tensors that
///          are missing or too many, parameters that are NaN or infinite, and wrong checksums. A
///          model.safetensors that something else wrote needs none.
void load_weights(const std::filesystem::path& directory, const nn::Module& module, State& state);
/// Fills the state, which has everything that the run needs to go on, and returns the step to go on
/// with.
/// Errors   also UsageError when `config` describes another model than the saved one.
[[nodiscard]] std::int64_t load_training(const std::filesystem::path& directory,
                                         const nn::Module& module,
                                         const nlohmann::ordered_json& config, State& state);

}  // namespace asg::cli
