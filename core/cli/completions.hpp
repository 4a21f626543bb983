// Scripts by which shells complete the commands and options of `asg`.
#pragma once
#include <span>
#include <string>

#include "cli/command_tree.hpp"

namespace asg::cli {

struct ShellCompletion {
  const char* shell;
  std::string (*script)(std::span<const CommandFacts> tree);
};
/// Every shell that there is one for.
[[nodiscard]] std::span<const ShellCompletion> shell_completions();

}  // namespace asg::cli
