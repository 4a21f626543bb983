// The program's commands and options as facts, for what is written of them: completions, manuals.
#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace asg::cli {

/// What stands after an option, as far as a shell can help with it.
enum class ValueKind { none, choice, file, directory, other };

struct OptionFacts {
  std::vector<std::string> names;  ///< "-h", "--help"; none of an argument without a name
  std::string value;               ///< "N", "FILE.json"; empty for a flag
  ValueKind kind = ValueKind::none;
  std::vector<std::string> choices;  ///< of ValueKind::choice: all that are accepted
  std::string otherwise;             ///< the value when it is not given, as --help shows it
  std::string help;
  std::string group;      ///< the heading that --help shows it under
  bool repeated = false;  ///< may be given several times, or takes several words
  bool required = false;
};

struct CommandFacts {
  std::string name;  ///< "train"; that of the program for the program itself
  std::string description;
  std::vector<OptionFacts> options;
};

/// The program, then its commands, in the order of --help. Nothing of it depends on the machine.
[[nodiscard]] std::vector<CommandFacts> command_tree(const CLI::App& program);

}  // namespace asg::cli
