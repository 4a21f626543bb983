#include "cli/manual.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/command.hpp"

namespace asg::cli {
namespace {

// What roff would take for its own: backslashes, hyphens that it would print as dashes, and
// points and quotes at the beginning of a line.
std::string roff(std::string_view text) {
  std::string result;
  if (text.starts_with('.') || text.starts_with('\'')) result = "\\&";
  for (const char c : text) {
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
  }
  return result;
}

std::string page_name(std::string_view program, std::string_view command) {
  return command == program ? std::string(program) : fmt::format("{}-{}", program, command);
}

std::string reference(std::string_view name) { return fmt::format(".BR {} (1)", roff(name)); }

std::string capitals(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// "asg: build ..." says the help of the program, whose name the page has already.
std::string_view without_name(const CommandFacts& command) {
  std::string_view text = command.description;
  const std::string prefix = command.name + ": ";
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return text;
}

std::string synopsis(std::string_view program, const CommandFacts& command, bool whole_program) {
  if (whole_program)
    return fmt::format(
        ".B {}\n.I command\n[\\fIoption\\fR ...]\n.br\n.B {}\n\\fB\\-\\-help\\fR | "
        "\\fB\\-\\-version\\fR\n",
        roff(program), roff(program));
  std::string text =
      fmt::format(".B {} {}\n[\\fIoption\\fR ...]\n", roff(program), roff(command.name));
  for (const OptionFacts& option : command.options) {
    if (!option.names.empty()) continue;
    const std::string word =
        fmt::format("\\fI{}\\fR{}", roff(option.value), option.repeated ? " ..." : "");
    text += option.required ? word + "\n" : fmt::format("[{}]\n", word);
  }
  return text;
}

std::string entry(const OptionFacts& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names)
    names.push_back(fmt::format("\\fB{}\\fR", roff(name)));
  std::string text = fmt::format(".TP\n{}", fmt::join(names, ", "));
  if (!option.value.empty())
    text += fmt::format("{}\\fI{}\\fR", names.empty() ? "" : " ", roff(option.value));
  text += fmt::format("\n{}\n", roff(option.help));
  std::vector<std::string> choices;
  for (const std::string& choice : option.choices) choices.push_back(roff(choice));
  if (!choices.empty()) text += fmt::format(".br\nOne of {}.\n", fmt::join(choices, ", "));
  if (!option.otherwise.empty()) text += fmt::format(".br\nDefault: {}.\n", roff(option.otherwise));
  return text;
}

std::string options_section(const CommandFacts& command) {
  std::vector<std::string> groups;
  for (const OptionFacts& option : command.options)
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end())
      groups.push_back(option.group);
  std::string text = ".SH OPTIONS\n";
  for (const std::string& group : groups) {
    if (group != groups.front()) text += fmt::format(".SS {}\n", roff(group));
    for (const OptionFacts& option : command.options)
      if (option.group == group) text += entry(option);
  }
  return text;
}

std::string surroundings() {
  std::string text = ".SH ENVIRONMENT\n";
  for (const auto& [name, meaning] : environment_variables())
    text += fmt::format(".TP\n.B {}\n{}\n", roff(name), roff(meaning));
  text += ".SH EXIT STATUS\n";
  for (const auto& [status, meaning] : exit_statuses())
    text += fmt::format(".TP\n.B {}\n{}\n", static_cast<int>(status), roff(meaning));
  return text;
}

}  // namespace

std::string manual_page(std::span<const CommandFacts> tree, const CommandFacts& subject) {
  const std::string& program = tree[0].name;
  const bool whole_program = subject.name == program;
  const std::string page = page_name(program, subject.name);
  // No date: a page is the same whenever it is made.
  std::string text = fmt::format(".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n",
                                 roff(capitals(page)), program, ASG_VERSION);
  text += fmt::format(".SH NAME\n{} \\- {}\n", roff(page), roff(without_name(subject)));
  text += ".SH SYNOPSIS\n" + synopsis(program, subject, whole_program);
  if (whole_program) {
    text += ".SH COMMANDS\n";
    for (const CommandFacts& command : tree.subspan(1))
      text += fmt::format(".TP\n{}\n{}\n", reference(page_name(program, command.name)),
                          roff(command.description));
  }
  text += options_section(subject) + surroundings() + ".SH SEE ALSO\n";
  std::vector<std::string> others;
  for (const CommandFacts& other : tree)
    if (other.name != subject.name && (whole_program || other.name == program))
      others.push_back(reference(page_name(program, other.name)));
  return text + fmt::format("{}\n", fmt::join(others, " ,\n"));
}

}  // namespace asg::cli
