#include "cli/command_tree.hpp"

#include <string_view>

namespace asg::cli {
namespace {

// CLI11 gives what it knows of a value as one text: "TEXT:{f32,f64}", "N", "PATH".
void read_type(OptionFacts& facts, std::string_view type) {
  facts.value = type.substr(0, type.find(':'));
  facts.kind = ValueKind::other;
  if (const auto open = type.find('{'); open != std::string_view::npos && type.ends_with('}')) {
    facts.kind = ValueKind::choice;
    facts.choices =
        CLI::detail::split(std::string(type.substr(open + 1, type.size() - open - 2)), ',');
    if (open == 0) facts.value = "TEXT";
  } else if (type.starts_with("FILE") || type.starts_with("PATH")) {
    facts.kind = ValueKind::file;
  } else if (type.starts_with("DIR")) {
    facts.kind = ValueKind::directory;
  } else {
    facts.value = type;  // "NAME[:DEVICE]" is one word
  }
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts;
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  if (option.get_expected_max() != 0) read_type(facts, option.get_type_name());
  if (facts.names.empty()) facts.value = option.get_name(true);
  facts.otherwise = option.get_default_str();
  facts.help = option.get_description();
  facts.group = option.get_group();
  facts.repeated = option.get_items_expected_max() > 1;
  facts.required = option.get_required();
  return facts;
}

CommandFacts facts_of(const CLI::App& app) {
  CommandFacts facts{app.get_name(), app.get_description(), {}};
  for (const CLI::Option* option : app.get_options({}))
    if (!option->get_group().empty()) facts.options.push_back(facts_of(*option));
  return facts;
}

}  // namespace

std::vector<CommandFacts> command_tree(const CLI::App& program) {
  std::vector<CommandFacts> tree = {facts_of(program)};
  for (const CLI::App* command : program.get_subcommands({})) tree.push_back(facts_of(*command));
  return tree;
}

}  // namespace asg::cli
