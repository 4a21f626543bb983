// asg man: the manual pages, for man.
#include <memory>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/manual.hpp"
#include "graph/utf8.hpp"

namespace asg::cli {
namespace {

int print_page(const std::string& name, const CLI::App& program) {
  const std::vector<CommandFacts> tree = command_tree(program);
  for (const CommandFacts& command : tree)
    if (command.name == (name.empty() ? tree[0].name : name)) {
      fmt::print("{}", manual_page(tree, command));
      return exit_done;
    }
  throw UsageError(
      fmt::format("there is no command '{}' to tell of; asg --help lists them", shown(name)));
}

}  // namespace

Run add_man(CLI::App& command) {
  auto name = std::make_shared<std::string>();
  command.description("print a manual page: asg man train | man -l -");
  command.add_option("COMMAND", *name, "the command (default: asg itself)");
  return [name, program = command.get_parent()] { return print_page(*name, *program); };
}

}  // namespace asg::cli
