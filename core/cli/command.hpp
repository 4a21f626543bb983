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

/// Options that contradict each other or the data.
struct UsageError : Error {
  using Error::Error;
};

/// Set by the parser to the command that was asked for.
using Chosen = std::function<int()>;

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

/// Numbers that are neither infinite nor NaN, from `least` on.
[[nodiscard]] CLI::Validator finite(double least = 0);

/// Numbers of decimal digits alone, from `least` to `most`: given to Option::transform, for they
/// are passed on as the parser, which would take 010 for 8, understands them.
[[nodiscard]] CLI::Validator whole(std::uint64_t least, std::uint64_t most);
/// More than any size, yet so few that products of two of them are no trouble.
constexpr std::uint64_t most_of_a_size = std::uint64_t{1} << 40;

/// A line on stderr. What cannot be printed there is lost and nothing else.
void tell(std::string_view line) noexcept;

/// Hands everything printed so far to whoever reads it.
/// Errors   WriteError when standard output is closed or its disk is full.
void flush_output();

/// What stands for a directory in a list of plugins: it is missing, or it was refused.
[[nodiscard]] const char* refusal_kind(const BackendListing& listing);

void add_backends(CLI::App& app, Chosen& chosen);
void add_train(CLI::App& app, Chosen& chosen);
void add_generate(CLI::App& app, Chosen& chosen);
void add_plan(CLI::App& app, Chosen& chosen);
void add_graph(CLI::App& app, Chosen& chosen);
void add_ops(CLI::App& app, Chosen& chosen);
void add_bench(CLI::App& app, Chosen& chosen);
void add_doctor(CLI::App& app, Chosen& chosen);

}  // namespace asg::cli
