#include "runtime/plugin_table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "runtime/plugin_call.hpp"
#include "runtime/refusal.hpp"
#include "runtime/sanitizers.hpp"
#include "runtime/search.hpp"

namespace asg::loader {
namespace {

constexpr std::uint32_t largest_struct = 65536;
// Everything before the events is mandatory or has a place that must be there.
constexpr std::uint32_t smallest_table = offsetof(asg_backend_api, event_wait);

void copy_table(Plugin& plugin, const asg_backend_api* table) {
  const std::uint32_t size = table->struct_size;
  if (size < smallest_table || size > largest_struct || size % sizeof(void*) != 0)
    throw Refusal(fmt::format("its function table has {} bytes, at least {} are needed", size,
                              smallest_table));
  std::memcpy(&plugin.api, table, std::min<std::size_t>(size, sizeof plugin.api));
  plugin.abi_minor = static_cast<int>(plugin.api.abi_minor);
  // While the major version is 0 every minor one is a contract of its own.
  if (ASG_ABI_MAJOR == 0 && plugin.api.abi_minor != ASG_ABI_MINOR)
    throw Refusal(fmt::format("built for backend ABI {}.{}, this asg speaks {}.{}", ASG_ABI_MAJOR,
                              plugin.api.abi_minor, ASG_ABI_MAJOR, ASG_ABI_MINOR));
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

void copy_info(Plugin& plugin) {
  const asg_backend_info* const info = plugin.api.info;
  if (info == nullptr) throw Refusal("it has no asg_backend_info");
  if (info->struct_size < sizeof(asg_backend_info) || info->struct_size > largest_struct)
    throw Refusal(fmt::format("its asg_backend_info has {} bytes, at least {} are needed",
                              info->struct_size, sizeof(asg_backend_info)));
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
  plugin.options_help = clean_text(info->options_help);
  plugin.opset = info->opset;
  plugin.features = info->features;
}

}  // namespace

void adopt_table(Plugin& plugin, const asg_backend_api* table) {
  copy_table(plugin, table);
  check_functions(plugin.api);
  copy_info(plugin);
}

}  // namespace asg::loader
