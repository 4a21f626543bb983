// asg doctor: what a bug report needs to say.
#include <cstdlib>
#include <fstream>
#include <locale>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <sys/utsname.h>

#include <asg/sdk/backend.h>
#include <asg/passes/passes.hpp>
#include <asg/runtime/backends.hpp>

#include "cli/command.hpp"
#include "cli/memory.hpp"
#include "graph/utf8.hpp"

namespace asg::cli {
namespace {

std::string cpu_line(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  file.imbue(std::locale::classic());
  for (std::string line; std::getline(file, line);)
    if (line.rfind(key, 0) == 0)
      if (const auto colon = line.find(':'); colon != std::string::npos && colon + 2 <= line.size())
        return line.substr(colon + 2);
  return "unknown";
}

// Of the many flags only those that kernels choose between.
std::string simd_features() {
  const std::string flags = " " + cpu_line("flags") + " " + cpu_line("Features") + " ";
  std::string found;
  for (const char* feature : {"sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw",
                              "avx512_bf16", "amx_tile", "asimd", "sve"})
    if (flags.find(fmt::format(" {} ", feature)) != std::string::npos)
      found += fmt::format("{}{}", found.empty() ? "" : " ", feature);
  return found.empty() ? "none known" : found;
}

int diagnose(const SearchFlags& plugins) {
  utsname system{};
  ::uname(&system);
  fmt::print("asg {} (backend ABI {}.{}, opset {}), compiler {}\n", ASG_VERSION, ASG_ABI_MAJOR,
             ASG_ABI_MINOR, ASG_OPSET, __VERSION__);
  fmt::print("system      {} {} {}\n", system.sysname, system.release, system.machine);
  fmt::print("cpu         {}, {} hardware threads\n", cpu_line("model name"),
             std::thread::hardware_concurrency());
  fmt::print("simd        {}\n", simd_features());
  for (const EnvironmentVariable& variable : environment_variables()) {
    const char* value = std::getenv(variable.name);
    fmt::print("{:<27} {}\n", variable.name, value == nullptr ? "(not set)" : shown(value, 4096));
  }
  std::vector<std::string_view> passes;
  for (const Pass pass : optional_passes()) passes.push_back(name(pass));
  fmt::print("passes that ASG_DISABLE may leave out: {}\n", fmt::join(passes, ", "));
  fmt::print("memory available: {}\n", size_text(static_cast<double>(available_memory())));
  fmt::print("plugin directories, in order:\n");
  for (const auto& directory : plugin_directories(plugins.search()))
    fmt::print("  {}{}\n", shown(directory.string(), 4096),
               std::filesystem::is_directory(directory) ? "" : "  (missing)");
  const std::filesystem::path probe = plugin_probe_program();
  fmt::print("plugins are tried by {}\n", probe.empty()
                                              ? "this process: asg-plugin-probe is missing"
                                              : shown(probe.string(), 4096));
  fmt::print("backends:\n");
  for (const BackendListing& listing : list_backends(plugins.search())) {
    if (listing.usable) {
      fmt::print("  {} {} at {}\n", listing.name, listing.version,
                 shown(listing.file.string(), 4096));
      for (const DeviceDescription& device : listing.devices)
        fmt::print("    {} [{}] {}\n", device.name, device.id, device.kind);
    } else {
      fmt::print("  {} {}: {}\n", refusal_kind(listing), shown(listing.file.string(), 4096),
                 shown_lines(listing.reason));
    }
  }
  return exit_done;
}

}  // namespace

Run add_doctor(CLI::App& command) {
  auto plugins = std::make_shared<SearchFlags>();
  command.description("print versions, search paths, environment, CPU features and devices");
  plugins->add(command);
  return [plugins] { return diagnose(*plugins); };
}

}  // namespace asg::cli
