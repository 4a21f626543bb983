#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/runtime/device.hpp>
#include <asg/runtime/log.hpp>

#include "graph/closest.hpp"
#include "graph/utf8.hpp"
#include "runtime/abi_program.hpp"
#include "runtime/descriptors.hpp"
#include "runtime/device_impl.hpp"
#include "runtime/device_spec.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/plugin_file.hpp"
#include "runtime/probe.hpp"
#include "runtime/refusal.hpp"
#include "runtime/search.hpp"

namespace asg {
namespace {

namespace fs = std::filesystem;

std::optional<int> parse_count(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
  return value;
}

int thread_limit(const DeviceOptions& options) {
  if (options.threads < 0)
    throw Error(
        fmt::format("DeviceOptions::threads is {}; it must not be negative", options.threads));
  if (options.threads > 0) return options.threads;
  const char* const variable = std::getenv("ASG_NUM_THREADS");
  if (variable == nullptr || *variable == '\0') return 0;
  const std::optional<int> value = parse_count(variable);
  if (!value || *value == 0)
    throw Error(fmt::format("ASG_NUM_THREADS is '{}'; it must be a whole number from 1 on",
                            loader::clean_text(variable)));
  return *value;
}

const BackendOption* find_option(const loader::Plugin& plugin, std::string_view key) {
  const auto found = std::find_if(plugin.options.begin(), plugin.options.end(),
                                  [&](const BackendOption& option) { return option.key == key; });
  return found == plugin.options.end() ? nullptr : &*found;
}

[[noreturn]] void throw_unknown_option(const loader::Plugin& plugin, const std::string& key) {
  std::vector<std::string> keys;
  std::string list;
  for (const BackendOption& option : plugin.options) {
    keys.push_back(option.key);
    list += fmt::format("\n  {}={}  {}", option.key, option.default_value, option.help);
  }
  const std::string near = closest(key, keys);
  throw PluginError(fmt::format(
      "backend {} has no option '{}'{}; {}", plugin.name, shown(key),
      near.empty() ? std::string() : fmt::format(", did you mean '{}'?", near),
      list.empty() ? std::string("it has none") : fmt::format("its options are{}", list)));
}

// What the device is opened with: options of the specification, then those of the caller, then the
// number of threads, which every backend that has such an option understands.
loader::OptionList options_of(const loader::Plugin& plugin, const loader::DeviceSpec& spec,
                              const DeviceOptions& given) {
  loader::OptionList options = spec.options;
  options.insert(options.end(), given.options.begin(), given.options.end());
  const auto has = [&](std::string_view key) {
    return std::any_of(options.begin(), options.end(),
                       [&](const auto& option) { return option.first == key; });
  };
  for (auto option = options.begin(); option != options.end(); ++option) {
    if (find_option(plugin, option->first) == nullptr) throw_unknown_option(plugin, option->first);
    if (std::any_of(options.begin(), option,
                    [&](const auto& other) { return other.first == option->first; }))
      throw PluginError(
          fmt::format("the option '{}' of backend {} is given twice", option->first, plugin.name));
  }
  if (has("threads")) {
    if (given.threads > 0)
      throw PluginError(
          "the number of threads is given twice, by itself and as an option of the "
          "backend; leave one out");
    return options;
  }
  const int threads = thread_limit(given);
  if (threads == 0) return options;
  if (find_option(plugin, "threads") != nullptr)
    options.emplace_back("threads", std::to_string(threads));
  else
    log_message(given.threads > 0 ? LogLevel::warn : LogLevel::info, plugin.name,
                "it has no option 'threads', the number is ignored");
  return options;
}

std::uint64_t time_limit_ns(const DeviceOptions& options) {
  if (options.time_limit < 0)
    throw Error(
        fmt::format("DeviceOptions::time_limit is {}; it must not be negative", options.time_limit));
  const int seconds = options.time_limit > 0 ? options.time_limit : device_seconds();
  return static_cast<std::uint64_t>(seconds) * 1'000'000'000;
}

// Everything that was looked at, without loading any of it.
[[noreturn]] void throw_unknown(const std::string& wanted, const PluginSearch& search) {
  std::string searched;
  std::vector<std::string> usable;
  for (const loader::Directory& directory : loader::search_directories(search)) {
    searched += fmt::format("\n  {} ({})", loader::shown_path(directory.path), directory.origin);
    if (!directory.refusal.empty()) {
      searched += ": " + directory.refusal;
      continue;
    }
    try {
      const std::vector<fs::path> entries = loader::entries_of(directory.path);
      if (entries.empty()) searched += ": empty";
      for (const fs::path& entry : entries) {
        const std::string name = loader::backend_name_of(entry);
        const std::string refusal =
            name.empty() ? "not named asg-backend-NAME.so" : loader::inspect(entry).refusal;
        searched += fmt::format("\n    {}: {}", shown(entry.filename().string()),
                                refusal.empty() ? "backend " + name : refusal);
        if (refusal.empty()) usable.push_back(name);
      }
    } catch (const loader::Refusal& refusal) {
      searched += fmt::format(": {}", refusal.what());
    }
  }
  const std::string near = closest(wanted, usable);
  throw PluginError(
      fmt::format("there is no backend '{}'{}; searched:{}", shown(wanted),
                  near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near),
                  searched.empty() ? " nothing, no directory was given" : searched));
}

// The first file in the search order that is named as the backend. It is the one: a plugin that is
// broken must not give way in silence to another of its name.
fs::path find_file(const loader::DeviceSpec& spec, const PluginSearch& search) {
  if (spec.is_path()) return fs::absolute(spec.backend);
  for (const loader::Directory& directory : loader::search_directories(search)) {
    if (!directory.refusal.empty()) continue;
    if (auto files = loader::files_named(directory.path, spec.backend); !files.empty())
      return files.front();
  }
  throw_unknown(spec.backend, search);
}

// A plugin may end the process that loads it: another one goes first.
void try_elsewhere(const loader::PluginFile& file) {
  if (loader::is_in_use(file)) return;
  const loader::ProbeReport report = loader::probe_for_use(file);
  if (report.outcome == loader::ProbeReport::Outcome::not_tried)
    loader::warn_of_loading_here(file);
  else if (report.outcome != loader::ProbeReport::Outcome::sound)
    throw loader::Refusal(report.reason);
}

// Plugins of that name further on in the search, which whoever finds the first one broken may take.
std::string others_of(const std::string& name, const fs::path& broken, const PluginSearch& search) {
  std::string others;
  if (name.empty()) return others;
  for (const loader::Directory& directory : loader::search_directories(search)) {
    if (!directory.refusal.empty()) continue;
    for (const fs::path& file : loader::files_named(directory.path, name))
      if (file != broken && loader::inspect(file).refusal.empty())
        others += fmt::format("\n  --backend {} takes another one", loader::shown_path(file));
  }
  return others;
}

// `name` is that of the backend, or nothing when the file was given.
std::shared_ptr<loader::Backend> start(const fs::path& file, const std::string& name,
                                       const PluginSearch& search) {
  try {
    const loader::Inspection inspection = loader::inspect(file);
    if (!inspection.refusal.empty()) throw loader::Refusal(inspection.refusal);
    try_elsewhere(*inspection.file);
    return loader::Backend::open(*inspection.file);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw PluginError(fmt::format("the plugin {} cannot be used: {}{}", loader::shown_path(file),
                                  e.what(), others_of(name, file, search)));
  }
}

std::uint32_t find_device(const loader::Backend& backend, const std::string& wanted) {
  const std::uint32_t count = loader::device_count(backend);
  const std::string& name = backend.plugin().name;
  if (count == 0)
    throw PluginError(fmt::format("backend {} finds no device on this machine", name));
  if (wanted.empty()) return 0;
  std::string known;
  for (std::uint32_t i = 0; i < count; ++i) {
    const DeviceDescription device = loader::read_device(backend, i).description;
    if (device.id == wanted) return i;
    known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", i, device.name);
  }
  const std::optional<int> index = parse_count(wanted);
  if (index && static_cast<std::uint32_t>(*index) < count)
    return static_cast<std::uint32_t>(*index);
  throw PluginError(
      fmt::format("backend {} has no device '{}'; its devices are {}", name, shown(wanted), known));
}

void open(DeviceImpl& device, std::uint32_t index, const loader::OptionList& options) {
  std::vector<asg_option> list;
  for (const auto& [key, value] : options) list.push_back({key.c_str(), value.c_str()});
  asg_open_args args{};
  args.struct_size = sizeof args;
  args.index = index;
  args.options = span_of(list);
  const loader::DescriptorWatch descriptors;
  loader::call_checked("device_open", device.api().device_open, device.backend->handle(), &args,
                       &device.handle);
  descriptors.check("device_open");
  if (device.handle == nullptr)
    throw loader::PluginFailure(ASG_INTERNAL, ASG_NO_STEP, "device_open gave no device");
}

}  // namespace

int device_seconds() {
  const char* const variable = std::getenv("ASG_DEVICE_SECONDS");
  if (variable == nullptr || *variable == '\0') return 3600;
  const std::optional<int> seconds = parse_count(variable);
  if (!seconds || *seconds == 0)
    throw Error(fmt::format("ASG_DEVICE_SECONDS is '{}'; it must be a whole number from 1 on",
                            loader::clean_text(variable)));
  return *seconds;
}

Device open_device(std::string_view spec_text, const DeviceOptions& options) {
  if (spec_text.empty()) {
    const char* const variable = std::getenv("ASG_BACKEND");
    spec_text = variable != nullptr && *variable != '\0' ? variable : "cpu";
  }
  const loader::DeviceSpec spec = loader::parse_device_spec(spec_text);
  static_cast<void>(thread_limit(options));
  auto device = std::make_shared<DeviceImpl>();
  device->time_limit_ns = time_limit_ns(options);
  device->backend =
      start(find_file(spec, options.search), spec.is_path() ? "" : spec.backend, options.search);
  const loader::Plugin& plugin = device->backend->plugin();
  try {
    const std::uint32_t index = find_device(*device->backend, spec.device);
    open(*device, index, options_of(plugin, spec, options));
    device->facts = loader::read_device(*device->backend, index, device->handle);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& failure) {
    throw PluginError(fmt::format("backend {} cannot open device '{}': {}", plugin.name,
                                  spec.device.empty() ? "0" : shown(spec.device), failure.what()));
  }
  log_message(LogLevel::debug, "loader",
              fmt::format("opened device {} of {}", device->facts.description.name,
                          loader::shown_path(plugin.file)));
  return Device(std::move(device));
}

}  // namespace asg
