#include "save.hpp"

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>
#include <asg/io/safetensors.hpp>

namespace asg::cli {
namespace {

void check_parameters(const io::TensorFile& file, const nn::Module& module,
                      const std::filesystem::path& path) {
  for (const nn::Parameter& parameter : module.parameters()) {
    const auto found = file.tensors.find(parameter.name());
    if (found == file.tensors.end())
      throw FormatError(
          fmt::format("{}: the parameter '{}' is missing; it was saved from another model",
                      path.string(), parameter.name()));
    if (found->second.type() != parameter.type())
      throw FormatError(fmt::format("{}: '{}' is {}, the model has it as {}", path.string(),
                                    parameter.name(), to_string(found->second.type()),
                                    to_string(parameter.type())));
  }
}

}  // namespace

void save_run(const std::filesystem::path& directory, const State& state, const nn::Module& module,
              const nlohmann::ordered_json& config, std::int64_t step) {
  io::make_directory(directory);
  io::TensorFile weights;
  weights.metadata["format"] = "pt";  // what Python's readers expect
  for (const nn::Parameter& parameter : module.parameters())
    weights.tensors.emplace(parameter.name(), state.get(parameter.name()));
  io::save_safetensors(directory / "model.safetensors", weights);
  io::write_file(directory / "config.json", config.dump(2) + "\n");
  io::save_safetensors(directory / "training.safetensors",
                       {state.to_host(), {{"step", std::to_string(step)}}});
}

nlohmann::ordered_json load_config(const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  try {
    return nlohmann::ordered_json::parse(io::read_file(path));
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: {}", path.string(), error.what()));
  }
}

void load_weights(const std::filesystem::path& directory, const nn::Module& module, State& state) {
  const auto path = directory / "model.safetensors";
  const io::TensorFile file = io::load_safetensors(path);
  check_parameters(file, module, path);
  for (const nn::Parameter& parameter : module.parameters())
    state.set(parameter.name(), file.tensors.at(parameter.name()));
}

std::int64_t load_training(const std::filesystem::path& directory, const nn::Module& module,
                           State& state) {
  const auto path = directory / "training.safetensors";
  const io::TensorFile file = io::load_safetensors(path);
  check_parameters(file, module, path);
  const auto step = file.metadata.find("step");
  if (step == file.metadata.end() || step->second.empty() ||
      step->second.find_first_not_of("0123456789") != std::string::npos || step->second.size() > 18)
    throw FormatError(fmt::format("{}: it does not say at which step it was saved", path.string()));
  for (const auto& [name, array] : file.tensors) state.set(name, array);
  return std::stoll(step->second);
}

}  // namespace asg::cli
