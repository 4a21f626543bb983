// asg backends: every candidate plugin, and why one was refused.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/runtime/backends.hpp>

#include "cli/command.hpp"
#include "graph/utf8.hpp"
#include "io/json.hpp"

namespace asg::cli {
namespace {

std::string memory_text(std::uint64_t bytes) {
  return bytes == 0 ? std::string{}
                    : fmt::format(", {:.1f} GiB", static_cast<double>(bytes) / (1u << 30));
}

void print_backends_text(const std::vector<BackendListing>& listings) {
  for (const BackendListing& l : listings) {
    if (!l.usable) {
      fmt::print("{:<10} {:<8} {}: {}\n", l.name.empty() ? "-" : l.name, refusal_kind(l),
                 shown(l.file.string(), 4096), shown_lines(l.reason));
      continue;
    }
    fmt::print("{:<10} {:<8} {}  ({})\n", l.name, l.version, shown(l.file.string(), 4096),
               l.description);
    for (const BackendOption& option : l.options)
      fmt::print("{:<10} option {}={}: {}\n", "", option.key, option.default_value, option.help);
    for (std::size_t i = 0; i < l.devices.size(); ++i) {
      const DeviceDescription& d = l.devices[i];
      fmt::print("{:<10} device {}: {} [{}] {}{}{}\n", "", i, d.name, d.id, d.kind,
                 memory_text(d.memory_total),
                 d.threads > 0 ? fmt::format(", {} threads", d.threads) : "");
    }
  }
}

void print_backends_json(const std::vector<BackendListing>& listings) {
  auto list = nlohmann::ordered_json::array();
  for (const BackendListing& l : listings) {
    auto devices = nlohmann::ordered_json::array();
    for (const DeviceDescription& d : l.devices)
      devices.push_back({{"id", d.id},
                         {"name", d.name},
                         {"kind", d.kind},
                         {"memory_total", d.memory_total},
                         {"threads", d.threads}});
    auto options = nlohmann::ordered_json::array();
    for (const BackendOption& option : l.options)
      options.push_back(
          {{"key", option.key}, {"default", option.default_value}, {"help", option.help}});
    list.push_back({{"name", l.name},
                    {"file", l.file.string()},
                    {"usable", l.usable},
                    {"reason", l.reason},
                    {"version", l.version},
                    {"description", l.description},
                    {"abi", {l.abi_major, l.abi_minor}},
                    {"options", options},
                    {"devices", devices}});
  }
  fmt::print("{}\n", io::json_text(list, 2));
}

}  // namespace

Run add_backends(CLI::App& command) {
  struct Flags {
    SearchFlags plugins;
    bool json = false;
  };
  auto flags = std::make_shared<Flags>();
  command.description("list every candidate plugin and its devices");
  flags->plugins.add(command);
  command.add_flag("--json", flags->json, "print JSON");
  return [flags]() -> int {
    const auto listings = list_backends(flags->plugins.search());
    flags->json ? print_backends_json(listings) : print_backends_text(listings);
    return exit_done;
  };
}

}  // namespace asg::cli
