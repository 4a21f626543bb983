#include "cli/completions.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace asg::cli {
namespace {

using Tree = std::span<const CommandFacts>;

std::string escaped(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

// Within single quotes, as bash and zsh read them.
std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text)
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  return result + "'";
}

std::string command_names(Tree tree, const char* separator) {
  std::vector<std::string_view> names;
  for (const CommandFacts& command : tree.subspan(1)) names.push_back(command.name);
  return fmt::format("{}", fmt::join(names, separator));
}

// ---- bash

// What comes after one of the option's names.
std::string bash_value(const OptionFacts& option) {
  switch (option.kind) {
    case ValueKind::choice:
      return fmt::format("words='{}'", fmt::join(option.choices, " "));
    case ValueKind::file:
      return "_asg_files -f; return";
    case ValueKind::directory:
      return "_asg_files -d; return";
    default:
      return "return";
  }
}

void add_bash_command(std::string& values, std::string& words, std::string_view name,
                      const CommandFacts& command, std::string_view more_words) {
  std::vector<std::string> offered;
  std::string otherwise;
  for (const OptionFacts& option : command.options) {
    offered.insert(offered.end(), option.names.begin(), option.names.end());
    if (option.names.empty()) {
      offered.insert(offered.end(), option.choices.begin(), option.choices.end());
      if (option.kind == ValueKind::file) otherwise = " files=-f";
      if (option.kind == ValueKind::directory) otherwise = " files=-d";
    } else if (option.kind != ValueKind::none) {
      std::vector<std::string> patterns;
      for (const std::string& each : option.names)
        patterns.push_back(fmt::format("{},{}", name, each));
      values += fmt::format("      {}) {} ;;\n", fmt::join(patterns, "|"), bash_value(option));
    }
  }
  if (!more_words.empty()) offered.emplace_back(more_words);
  words += fmt::format("      {}) words='{}'{} ;;\n", name.empty() ? "''" : name,
                       fmt::join(offered, " "), otherwise);
}

std::string bash_script(Tree tree) {
  std::string values, words;
  add_bash_command(values, words, "", tree[0], command_names(tree, " "));
  for (const CommandFacts& command : tree.subspan(1))
    add_bash_command(values, words, command.name, command, {});
  return fmt::format(R"(# bash completion of {0}; made by: {0} completion bash
_asg_files() {{
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$word")
}}
_asg() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  local command='' words='' files='' i
  COMPREPLY=()
  # bash takes --option=value for three words.
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $before == '=' ]] && ((COMP_CWORD > 1)); then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${{COMP_WORDS[i]}} in
      {1}) command=${{COMP_WORDS[i]}}; break ;;
    esac
  done
  case $command,$before in
{2}  esac
  if [[ -z $words ]]; then
    case $command in
{3}    esac
  fi
  if [[ -n $files && $word != -* ]]; then _asg_files "$files"; return; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -F _asg {0}
)",
                     tree[0].name, command_names(tree, "|"), values, words);
}

// ---- zsh

std::string zsh_action(const OptionFacts& option) {
  switch (option.kind) {
    case ValueKind::choice:
      return fmt::format("({})", fmt::join(option.choices, " "));
    case ValueKind::file:
      return "_files";
    case ValueKind::directory:
      return "_files -/";
    default:
      return " ";
  }
}

// "VALUE:where it comes from", as _arguments takes it.
std::string zsh_value(const OptionFacts& option) {
  return fmt::format(":{}:{}", escaped(option.value, ":\\"), zsh_action(option));
}

// "*(-h --help)--help=[what it is for]:VALUE:action": * for what may come again, the names that it
// makes superfluous, and how its value is written.
std::string zsh_argument(const OptionFacts& option, const std::string& name) {
  std::string text = option.repeated ? "*" : "";
  if (option.names.size() > 1 && !option.repeated)
    text += fmt::format("({})", fmt::join(option.names, " "));
  text += name;
  if (option.kind != ValueKind::none) text += name.starts_with("--") ? "=" : "+";
  text += fmt::format("[{}]", escaped(option.help, "[]:\\"));
  return option.kind == ValueKind::none ? text : text + zsh_value(option);
}

std::string zsh_arguments(const CommandFacts& command) {
  std::vector<std::string> arguments;
  for (const OptionFacts& option : command.options) {
    for (const std::string& name : option.names) arguments.push_back(zsh_argument(option, name));
    if (!option.names.empty()) continue;
    const char* const how = option.repeated ? "*" : option.required ? "" : ":";
    arguments.push_back(how + zsh_value(option));
  }
  std::string text;
  for (const std::string& argument : arguments)
    text += fmt::format(" \\\n          {}", single_quoted(argument));
  return text;
}

std::string zsh_script(Tree tree) {
  std::string described, cases;
  for (const CommandFacts& command : tree.subspan(1)) {
    described += fmt::format(
        "        {}\n",
        single_quoted(fmt::format("{}:{}", command.name, escaped(command.description, ":\\"))));
    cases += fmt::format("        {}) _arguments -S{} ;;\n", command.name, zsh_arguments(command));
  }
  return fmt::format(R"(#compdef {0}
# zsh completion of {0}; made by: {0} completion zsh
_asg() {{
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C{1} \
        '1:command:->command' '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
{2}      )
      _describe command commands ;;
    arguments)
      case $line[1] in
{3}      esac ;;
  esac
}}
if [[ $funcstack[1] == _asg ]]; then _asg "$@"; else compdef _asg {0}; fi
)",
                     tree[0].name, zsh_arguments(tree[0]), described, cases);
}

// ---- fish

std::string fish_quoted(std::string_view text) { return "'" + escaped(text, "'\\") + "'"; }

std::string fish_option(std::string_view condition, const OptionFacts& option,
                        std::string_view program) {
  std::string line = fmt::format("complete -c {} -n {}", program, fish_quoted(condition));
  for (const std::string& name : option.names)
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  const bool named = !option.names.empty();
  switch (option.kind) {
    case ValueKind::none:
      break;
    case ValueKind::choice:
      line += fmt::format("{} -a {}", named ? " -x" : "",
                          fish_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
      break;
    case ValueKind::file:
      line += named ? " -r -F" : " -F";
      break;
    case ValueKind::directory:
      line += fmt::format("{} -a '(__fish_complete_directories)'", named ? " -x" : "");
      break;
    case ValueKind::other:
      if (!named) return {};  // nothing to offer
      line += " -x";
  }
  return line + fmt::format(" -d {}\n", fish_quoted(option.help));
}

std::string fish_script(Tree tree) {
  const std::string& program = tree[0].name;
  std::string text = fmt::format(
      "# fish completion of {0}; made by: {0} completion fish\ncomplete -c {0} -f\n", program);
  for (const OptionFacts& option : tree[0].options)
    text += fish_option("__fish_use_subcommand", option, program);
  for (const CommandFacts& command : tree.subspan(1)) {
    text += fmt::format("complete -c {} -n '__fish_use_subcommand' -a {} -d {}\n", program,
                        command.name, fish_quoted(command.description));
    for (const OptionFacts& option : command.options)
      text += fish_option("__fish_seen_subcommand_from " + command.name, option, program);
  }
  return text;
}

}  // namespace

std::span<const ShellCompletion> shell_completions() {
  static constexpr ShellCompletion all[] = {
      {"bash", bash_script}, {"fish", fish_script}, {"zsh", zsh_script}};
  return all;
}

}  // namespace asg::cli
