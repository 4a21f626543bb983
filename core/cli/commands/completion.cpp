// asg completion: the script by which a shell completes the lines of asg.
#include <memory>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/completions.hpp"

namespace asg::cli {

Run add_completion(CLI::App& command) {
  auto shell = std::make_shared<std::string>();
  command.description("print what a shell needs to complete the commands and options of asg");
  std::vector<std::string> shells;
  for (const ShellCompletion& each : shell_completions()) shells.emplace_back(each.shell);
  command.add_option("SHELL", *shell, "the shell")->required()->check(CLI::IsMember(shells));
  return [shell, program = command.get_parent()]() -> int {
    for (const ShellCompletion& each : shell_completions())
      if (*shell == each.shell) fmt::print("{}", each.script(command_tree(*program)));
    return exit_done;
  };
}

}  // namespace asg::cli
