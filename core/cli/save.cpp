#include "cli/save.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>
#include <asg/io/safetensors.hpp>

#include "cli/checksum.hpp"
#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/model_flags.hpp"
#include "io/json.hpp"

namespace asg::cli {
namespace {

using Arrays = std::map<std::string, Array>;
using Expected = std::vector<std::pair<std::string, TensorType>>;

Expected types_of(const nn::Module& module) {
  Expected types;
  for (const nn::Parameter& parameter : module.stored())
    types.emplace_back(parameter.name(), parameter.type());
  return types;
}

// Exactly these: what is missing would begin anew and what is left over be forgotten, in silence.
void check_tensors(const Arrays& tensors, const Expected& expected,
                   const std::filesystem::path& path) {
  std::set<std::string_view> known;
  for (const auto& [name, type] : expected) {
    known.insert(name);
    const auto found = tensors.find(name);
    if (found == tensors.end())
      throw FormatError(fmt::format(
          "{}: the tensor '{}' is missing; it was saved from another model", path.string(), name));
    if (found->second.type() != type)
      throw FormatError(fmt::format("{}: '{}' is {}, the model has it as {}", path.string(), name,
                                    to_string(found->second.type()), to_string(type)));
  }
  for (const auto& [name, array] : tensors)
    if (known.count(name) == 0)
      throw FormatError(
          fmt::format("{}: the model has no tensor '{}'; it was saved from another one",
                      path.string(), shown(name)));
}

template <class T>
bool all_finite(const Array& array) {
  const T* const values = array.data<T>();
  return std::all_of(values, values + array.numel(), [](T value) { return std::isfinite(value); });
}

// The first parameter that computes nothing but NaN.
std::optional<std::string> broken_parameter(const Arrays& tensors, const nn::Module& module) {
  for (const nn::Parameter& parameter : module.stored()) {
    const Array& array = tensors.at(parameter.name());
    if (array.dtype() == f32 ? !all_finite<float>(array)
                             : array.dtype() == f64 && !all_finite<double>(array))
      return parameter.name();
  }
  return {};
}

void check_finite(const Arrays& tensors, const nn::Module& module,
                  const std::filesystem::path& path) {
  if (const auto name = broken_parameter(tensors, module))
    throw FormatError(fmt::format("{}: '{}' holds NaN or infinity", path.string(), *name));
}

std::string config_text(const nlohmann::ordered_json& config) {
  return io::json_text(config, 2) + "\n";
}

std::string checksum_of_config(const std::string& text) {
  return fmt::format("{:08x}", crc32(text));
}

// A file of a run with everything that was saved in it, and the step in its metadata.
io::TensorFile sealed(Arrays tensors, const std::string& config, std::int64_t step) {
  io::TensorFile file{std::move(tensors), {}};
  file.metadata["format"] = "pt";  // what Python's readers expect
  file.metadata["step"] = std::to_string(step);
  file.metadata["config"] = checksum_of_config(config);
  file.metadata["checksum"] = checksum(file);
  return file;
}

// What others wrote has none of asg's marks; what has one has them all.
bool is_sealed(const io::TensorFile& file) {
  return file.metadata.count("step") + file.metadata.count("config") +
             file.metadata.count("checksum") >
         0;
}

void check_seal(const io::TensorFile& file, const std::filesystem::path& path) {
  const auto found = file.metadata.find("checksum");
  if (found == file.metadata.end() || found->second != checksum(file))
    throw FormatError(fmt::format(
        "{}: its checksum is wrong: it was damaged or changed after it was saved", path.string()));
}

// After all else, so that what does not fit the model is called by its name.
void check_config(const io::TensorFile& file, const std::filesystem::path& directory) {
  const auto path = directory / "config.json";
  if (const auto found = file.metadata.find("config");
      found == file.metadata.end() || found->second != checksum_of_config(io::read_file(path)))
    throw FormatError(
        fmt::format("{}: it is not the one that the weights beside it were saved with: it was "
                    "changed, or belongs to another run",
                    path.string()));
}

// What may differ between a run and the one that goes on with it.
bool may_change(const std::string& key) { return ModelFlags::may_change(key) || key == "options"; }

void check_same_model(const nlohmann::ordered_json& saved, const nlohmann::ordered_json& config,
                      const std::filesystem::path& path) {
  for (const auto& [key, value] : config.items())
    if (!may_change(key) && (!saved.is_object() || !saved.contains(key) || saved[key] != value))
      throw UsageError(
          fmt::format("--resume: {} is of another model or text: its {} is not that "
                      "of this run",
                      path.string(), key));
}

}  // namespace

void save_run(RunFolder& folder, const State& state, const nn::Module& module,
              const nlohmann::ordered_json& config, std::int64_t step, std::int64_t keep) {
  Arrays all = state.to_host();
  if (const auto name = broken_parameter(all, module))
    throw Error(
        fmt::format("the parameter '{}' holds NaN or infinity after {} steps", *name, step));
  const std::string text = config_text(config);
  folder.publish(step, keep, [&](const std::filesystem::path& place) {
    Arrays parameters;
    for (const nn::Parameter& parameter : module.stored())
      parameters.emplace(parameter.name(), all.at(parameter.name()));
    io::save_safetensors(place / "model.safetensors", sealed(std::move(parameters), text, step));
    io::save_safetensors(place / "training.safetensors", sealed(std::move(all), text, step));
    io::write_file(place / "config.json", text);
  });
}

void load_weights(const std::filesystem::path& directory, const nn::Module& module, State& state) {
  const auto path = directory / "model.safetensors";
  const io::TensorFile file = io::load_safetensors(path);
  check_tensors(file.tensors, types_of(module), path);
  if (is_sealed(file)) check_seal(file, path);
  check_finite(file.tensors, module, path);
  if (is_sealed(file)) check_config(file, directory);
  for (const auto& [name, array] : file.tensors) state.set(name, array);
}

std::int64_t load_training(const std::filesystem::path& directory, const nn::Module& module,
                           const nlohmann::ordered_json& config, State& state) {
  check_same_model(load_config(directory), config, directory / "config.json");
  const auto path = directory / "training.safetensors";
  const io::TensorFile file = io::load_safetensors(path);
  // Dropout, which counts its steps, may be switched on or off between two parts of a run.
  const std::string counter = "random.step";
  const auto found = file.tensors.find(counter);
  Expected expected = types_of(module);
  for (const std::string& name : state.names())
    if (name != counter) expected.emplace_back(name, state.type(name));
  if (found != file.tensors.end()) expected.emplace_back(counter, TensorType{i64, {}});
  check_tensors(file.tensors, expected, path);
  check_seal(file, path);
  check_finite(file.tensors, module, path);
  const auto step = file.metadata.find("step");
  if (step == file.metadata.end() || step->second.empty() ||
      step->second.find_first_not_of("0123456789") != std::string::npos || step->second.size() > 18)
    throw FormatError(fmt::format("{}: it does not say at which step it was saved", path.string()));
  check_config(file, directory);
  for (const auto& [name, array] : file.tensors) state.set(name, array);
  return std::stoll(step->second);
}

}  // namespace asg::cli
