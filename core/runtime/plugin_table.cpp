#include "runtime/plugin_table.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "runtime/first_version.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/refusal.hpp"
#include "runtime/sanitizers.hpp"
#include "runtime/search.hpp"

namespace asg::loader {
namespace {

constexpr std::uint32_t largest_struct = 65536;
constexpr std::uint32_t most_options = 1024;

void copy_table(Plugin& plugin, const asg_backend_api* table) {
  const std::uint32_t size = table->struct_size;
  if (size < first_size<asg_backend_api> || size > largest_struct || size % sizeof(void*) != 0)
    throw Refusal(fmt::format("its function table has {} bytes, at least {} are needed", size,
                              first_size<asg_backend_api>));
  plugin.api = as_known(table, size);
  plugin.abi_minor = static_cast<int>(plugin.api.abi_minor);
}

void check_functions(const asg_backend_api& api) {
  const std::pair<const char*, bool> mandatory[] = {
      {"create", api.create != nullptr},
      {"destroy", api.destroy != nullptr},
      {"device_count", api.device_count != nullptr},
      {"device_info", api.device_info != nullptr},
      {"device_open", api.device_open != nullptr},
      {"device_close", api.device_close != nullptr},
      {"compile", api.compile != nullptr},
      {"executable_destroy", api.executable_destroy != nullptr},
      {"buffer_create", api.buffer_create != nullptr},
      {"buffer_destroy", api.buffer_destroy != nullptr},
      {"upload", api.upload != nullptr},
      {"download", api.download != nullptr},
      {"execute", api.execute != nullptr}};
  for (const auto& [name, present] : mandatory)
    if (!present) throw Refusal(fmt::format("its function {} is missing", name));
  const bool waits = api.event_wait != nullptr;
  if (waits != (api.event_destroy != nullptr))
    throw Refusal(fmt::format("its function {} is missing, although it has {}",
                              waits ? "event_destroy" : "event_wait",
                              waits ? "event_wait" : "event_destroy"));
}

// A key becomes part of a command line.
bool is_key(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::vector<BackendOption> copy_options(const asg_span& span) {
  std::vector<BackendOption> options;
  if (span.count == 0) return options;
  if (span.count > most_options || span.data == nullptr ||
      span.stride < first_size<asg_option_info>)
    throw Refusal(fmt::format("its table of options is malformed: {} options of {} bytes",
                              span.count, span.stride));
  for (std::uint32_t i = 0; i < span.count; ++i) {
    const asg_option_info& info = *ASG_AT(asg_option_info, span, i);
    BackendOption option{clean_line(info.key), clean_line(info.default_value),
                         clean_line(info.help)};
    if (!is_key(option.key))
      throw Refusal(
          fmt::format("its option '{}' has other characters than a-z, 0-9 and _", option.key));
    options.push_back(std::move(option));
  }
  return options;
}

asg_backend_info copy_info(const asg_backend_info* info) {
  if (info == nullptr) throw Refusal("it has no asg_backend_info");
  const std::uint32_t size = info->struct_size;
  if (size < first_size<asg_backend_info> || size > largest_struct)
    throw Refusal(fmt::format("its asg_backend_info has {} bytes, at least {} are needed", size,
                              first_size<asg_backend_info>));
  return as_known(info, size);
}

void read_info(Plugin& plugin) {
  const asg_backend_info known = copy_info(plugin.api.info);
  const asg_backend_info* const info = &known;
  const std::string name = clean_line(info->name);
  if (name.empty()) throw Refusal("it has no name");
  if (backend_name_of("asg-backend-" + name + ".so") != name)
    throw Refusal(fmt::format("its name '{}' has other characters than a-z, 0-9 and _", name));
  if (!plugin.name.empty() && name != plugin.name)
    throw Refusal(
        fmt::format("it calls itself '{}', but its file is named for '{}'", name, plugin.name));
  if (info->opset == 0) throw Refusal("it understands no opset");
  if (const std::uint32_t foreign = info->sanitizers & ~process_sanitizers(); foreign != 0)
    throw Refusal(fmt::format("built with {}, which this program does not run with",
                              sanitizer_names(foreign)));
  plugin.name = name;
  plugin.version = clean_line(info->version);
  plugin.vendor = clean_line(info->vendor);
  plugin.description = clean_line(info->description);
  plugin.options = copy_options(info->options);
  plugin.opset = info->opset;
  plugin.features = info->features;
}

}  // namespace

void adopt_table(Plugin& plugin, const asg_backend_api* table) {
  copy_table(plugin, table);
  check_functions(plugin.api);
  read_info(plugin);
}

}  // namespace asg::loader
