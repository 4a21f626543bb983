// What the commands of the program `asg` share.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <asg/graph/error.hpp>
#include <asg/runtime/device.hpp>

namespace asg::cli {

/// The exit statuses that scripts may rely on.
enum Exit : int {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_bad_file = 3,
  exit_no_backend = 4,
  exit_interrupted = 130,
};
struct ExitStatus {
  Exit status;
  const char* meaning;
};
/// What each says, for the manual.
[[nodiscard]] std::span<const ExitStatus> exit_statuses();

/// Options that contradict each other or the data.
struct UsageError : Error {
  using Error::Error;
};

/// What `asg NAME ...` does once its line is read; gives the exit status.
using Run = std::function<int()>;

/// A command, made by CMake of the file that it stands in: commands/<name>.cpp defines add_<name>,
/// which gives the command its description and its options.
struct Command {
  const char* name;
  Run (*add)(CLI::App& command);
};
/// All of them, by name.
[[nodiscard]] std::span<const Command> commands();

/// --plugin-dir
struct SearchFlags {
  std::vector<std::filesystem::path> directories;
  void add(CLI::App& app);
  /// Absolute paths: the library refuses others, but who types one here means this directory.
  [[nodiscard]] PluginSearch search() const;
};

/// The most threads that the CPU backend takes.
constexpr std::uint64_t most_threads = 1024;

/// --backend, --plugin-dir and --threads, which every command that computes takes.
struct DeviceFlags {
  std::string backend;
  int threads = 0;
  SearchFlags plugins;
  void add(CLI::App& app);
  /// Errors   UsageError for a variable of the environment that the compiler cannot read;
  ///          PluginError; a warning on stderr when only an emulated device was found.
  [[nodiscard]] Device open() const;
};

struct EnvironmentVariable {
  const char* name;
  const char* meaning;
};
/// What asg reads of its environment, for --help and asg doctor.
[[nodiscard]] std::span<const EnvironmentVariable> environment_variables();

/// A line on stderr. What cannot be printed there is lost and nothing else.
void tell(std::string_view line) noexcept;

/// Hands everything printed so far to whoever reads it.
/// Errors   WriteError when standard output is closed or its disk is full.
void flush_output();

/// What stands for a directory in a list of plugins: it is missing, or it was refused.
[[nodiscard]] const char* refusal_kind(const BackendListing& listing);

}  // namespace asg::cli
