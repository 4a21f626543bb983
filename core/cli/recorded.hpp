// The options of a run, kept beside what it saves, so that it can go on without being told again.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace asg::cli {

/// The group in --help of options that belong to one command line and not to the run.
constexpr const char* not_of_the_run = "Where and how";

/// What was given of the options that belong to a run, by name, as it was typed. What `config` says
/// already is left out.
[[nodiscard]] nlohmann::ordered_json given_options(const CLI::App& command,
                                                   const nlohmann::ordered_json& config);

/// An option that says something else than it did when the run was saved.
struct Changed {
  std::string name;  ///< "--seed"
  std::string was, now;
};

/// Gives the options that the command line leaves out the values that a saved configuration has for
/// them, and tells of the others which differ.
/// Errors   FormatError naming `file` when a value is none that the option takes.
[[nodiscard]] std::vector<Changed> take_recorded(CLI::App& command,
                                                 const nlohmann::ordered_json& config,
                                                 const std::string& file);

}  // namespace asg::cli
