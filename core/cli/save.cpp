#include "save.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <asg/data/text.hpp>
#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>
#include <asg/io/safetensors.hpp>
#include "graph/utf8.hpp"
#include "io/json.hpp"

#include "command.hpp"

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

// A folder inside the one that is saved to, gone when the work is done or given up.
class Staging {
 public:
  explicit Staging(const std::filesystem::path& directory)
      : directory_(directory), path_(directory / ".saving") {
    remove();  // of a run that was killed
    io::make_directory(path_);
  }
  ~Staging() { remove(); }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  [[nodiscard]] std::filesystem::path file(const std::string& name) {
    names_.push_back(name);
    return path_ / name;
  }
  void publish() {
    for (const std::string& name : names_) {
      std::error_code error;
      std::filesystem::rename(path_ / name, directory_ / name, error);
      if (error)
        throw WriteError(
            fmt::format("cannot write {}: {}", (directory_ / name).string(), error.message()));
    }
  }

 private:
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path directory_, path_;
  std::vector<std::string> names_;
};

// What may differ between a run and the one that goes on with it.
bool may_change(const std::string& key) { return key == "batch" || key == "dropout"; }

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

void save_run(const std::filesystem::path& directory, const State& state, const nn::Module& module,
              const nlohmann::ordered_json& config, std::int64_t step) {
  io::make_directory(directory);
  Staging staging(directory);
  io::TensorFile weights;
  weights.metadata["format"] = "pt";  // what Python's readers expect
  for (const nn::Parameter& parameter : module.parameters())
    weights.tensors.emplace(parameter.name(), state.get(parameter.name()));
  io::save_safetensors(staging.file("model.safetensors"), weights);
  io::write_file(staging.file("config.json"), io::json_text(config, 2) + "\n");
  io::save_safetensors(staging.file("training.safetensors"),
                       {state.to_host(), {{"step", std::to_string(step)}}});
  staging.publish();
}

void keep_checkpoints(const std::filesystem::path& directory, std::int64_t step,
                      std::int64_t keep) {
  namespace fs = std::filesystem;
  try {
    const fs::path all = directory / "checkpoints", unfinished = all / ".saving";
    fs::remove_all(unfinished);  // of a run that was killed
    fs::create_directories(unfinished);
    for (const char* name : {"model.safetensors", "config.json", "training.safetensors"}) {
      std::error_code no_links;
      fs::create_hard_link(directory / name, unfinished / name, no_links);
      if (no_links) fs::copy_file(directory / name, unfinished / name);
    }
    fs::remove_all(all / std::to_string(step));
    fs::rename(unfinished, all / std::to_string(step));

    // By age: an earlier run in this folder may have gone further.
    std::vector<std::pair<fs::file_time_type, fs::path>> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(all)) {
      const std::string name = entry.path().filename();
      if (entry.is_directory() && name.find_first_not_of("0123456789") == std::string::npos &&
          name != std::to_string(step))
        found.emplace_back(entry.last_write_time(), entry.path());
    }
    std::sort(found.rbegin(), found.rend());
    for (std::size_t i = static_cast<std::size_t>(keep) - 1; i < found.size(); ++i)
      fs::remove_all(found[i].second);
  } catch (const fs::filesystem_error& error) {
    throw WriteError(fmt::format("cannot keep the checkpoint of step {}: {}", step, error.what()));
  }
}

nlohmann::ordered_json vocabulary_to_json(const std::vector<std::string>& vocabulary) {
  auto list = nlohmann::ordered_json::array();
  for (const std::string& character : vocabulary) {
    if (is_utf8(character))
      list.push_back(character);
    else
      list.push_back(std::vector<std::uint8_t>(character.begin(), character.end()));
  }
  return list;
}

std::vector<std::string> vocabulary_from_json(const nlohmann::ordered_json& json,
                                              const std::string& file) {
  std::vector<std::string> vocabulary;
  try {
    for (const auto& entry : json.get<std::vector<nlohmann::ordered_json>>()) {
      if (entry.is_string()) {
        vocabulary.push_back(entry.get<std::string>());
        continue;
      }
      std::string& bytes = vocabulary.emplace_back();
      for (const auto& byte : entry.get<std::vector<nlohmann::ordered_json>>()) {
        if (!byte.is_number_unsigned() || byte.get<std::uint64_t>() > 0xff)
          throw FormatError(fmt::format("{} is no byte", io::json_text(byte)));
        bytes.push_back(static_cast<char>(byte.get<std::uint64_t>()));
      }
    }
    static_cast<void>(data::CharTokenizer(vocabulary));
  } catch (const FormatError& error) {
    throw FormatError(fmt::format("{}: not a vocabulary ({})", file, error.what()));
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: not a vocabulary ({})", file, error.what()));
  }
  return vocabulary;
}

nlohmann::ordered_json load_config(const std::filesystem::path& directory) {
  // A vocabulary of every character that there is has a quarter of this.
  constexpr std::uint64_t longest = std::uint64_t{64} << 20;
  const auto path = directory / "config.json";
  return io::parse_json<nlohmann::ordered_json>(io::read_file(path, longest), path.string(),
                                                {.keys = 1000});
}

void load_weights(const std::filesystem::path& directory, const nn::Module& module, State& state) {
  const auto path = directory / "model.safetensors";
  const io::TensorFile file = io::load_safetensors(path);
  check_parameters(file, module, path);
  for (const nn::Parameter& parameter : module.parameters())
    state.set(parameter.name(), file.tensors.at(parameter.name()));
}

std::int64_t load_training(const std::filesystem::path& directory, const nn::Module& module,
                           const nlohmann::ordered_json& config, State& state) {
  check_same_model(load_config(directory), config, directory / "config.json");
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
