#include "cli/command.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include <asg/passes/passes.hpp>
#include <asg/runtime/log.hpp>

#include "cli/numbers.hpp"
#include "graph/utf8.hpp"

namespace asg::cli {

void SearchFlags::add(CLI::App& app) {
  app.add_option("--plugin-dir", directories, "look for backends in this directory first")
      ->type_name("DIR")
      ->take_all()
      ->check({[](const std::string& text) {
                 return text.empty() ? "a directory must have a name" : "";
               },
               "", "directory"});
}

PluginSearch SearchFlags::search() const {
  PluginSearch search;
  for (const auto& directory : directories)
    search.directories.push_back(std::filesystem::absolute(directory));
  return search;
}

void DeviceFlags::add(CLI::App& app) {
  app.add_option("--backend", backend,
                 "the backend or a plugin's path, a device of it (NAME:1, NAME:ID), its options, "
                 "which `asg backends` lists (default: $ASG_BACKEND, or cpu)")
      ->type_name("NAME[:DEVICE][,KEY=VALUE]");
  app.add_option("--threads", threads,
                 "threads to compute with (default: $ASG_NUM_THREADS, or all)")
      ->transform(whole(1, most_threads))
      ->type_name("N");
  plugins.add(app);
}

std::span<const EnvironmentVariable> environment_variables() {
  static constexpr EnvironmentVariable variables[] = {
      {"ASG_BACKEND", "the backend when there is no --backend"},
      {"ASG_PLUGIN_PATH", "directories with backends, with colons between them"},
      {"ASG_ALLOW_INSECURE_PLUGINS", "1: also load plugins that other users may write or own"},
      {"ASG_NUM_THREADS", "threads when there is no --threads"},
      {"ASG_LOG", "error, warn, info or debug: what is told on stderr"},
      {"ASG_CACHE_DIR", "where backends keep compiled kernels, and asg what it knows of plugins"},
      {"ASG_DEVICE_SECONDS", "how long work of a device, or a call into a plugin, may take (3600)"},
      {"ASG_PROBE_SECONDS", "how long a plugin may take when it is tried (10)"},
      {"ASG_CHECK_NAN", "1: stop before the step that would make a NaN, and say where (slow)"},
      {"ASG_DISABLE", "passes of the compiler to leave out, with commas between them"},
      {"ASG_FUEL", "how many rewrites the compiler may make: halve it to find a wrong one"}};
  return variables;
}

std::span<const ExitStatus> exit_statuses() {
  static constexpr ExitStatus statuses[] = {
      {exit_done, "everything was done"},
      {exit_failed, "it failed; a line on standard error says why"},
      {exit_usage, "the line cannot be understood, or its options contradict each other"},
      {exit_bad_file, "a file is not what it should be"},
      {exit_no_backend, "no backend, or one that cannot be used"},
      {exit_interrupted, "interrupted by a signal"}};
  return statuses;
}

namespace {

// What a backend takes; the library would call a bad number its own error.
void check_thread_variable() {
  const char* const variable = std::getenv("ASG_NUM_THREADS");
  if (variable == nullptr || *variable == '\0') return;
  std::string text = variable;
  if (const std::string problem = whole(1, most_threads)(text); !problem.empty())
    throw UsageError(fmt::format("ASG_NUM_THREADS: {}", problem));
}

}  // namespace

Device DeviceFlags::open() const {
  if (threads == 0) check_thread_variable();
  try {
    static_cast<void>(PassOptions::from_environment());
  } catch (const FormatError& error) {
    throw UsageError(error.what());
  }
  Device device = open_device(backend, {threads, plugins.search()});
  if (device.description().kind == "software")
    log_message(LogLevel::warn, device.backend_name(),
                fmt::format("{} is emulated on the CPU; no hardware device was found",
                            device.description().name));
  return device;
}

// In one piece, so that the lines of several processes do not mix; without what a terminal obeys.
void tell(std::string_view line) noexcept {
  try {
    const std::string text = shown_lines(line) + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
  } catch (...) {
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
}

void flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw WriteError(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

const char* refusal_kind(const BackendListing& listing) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(listing.file, error)) ? "refused"
                                                                                       : "missing";
}

}  // namespace asg::cli
