#include "cli/recorded.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "cli/numbers.hpp"
#include "graph/utf8.hpp"

namespace asg::cli {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::string>;

// "--no-bias" for "no_bias".
std::string option_name(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

std::string key_of(const CLI::Option& option) {
  std::string key = option.get_single_name();
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

bool belongs_to_run(const CLI::Option& option) {
  return option.get_group() != not_of_the_run && option.get_single_name() != "help";
}

Texts texts_of(const Json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  if (!value.is_array()) return {value.dump()};
  Texts texts;
  for (const Json& each : value)
    texts.push_back(each.is_string() ? each.get<std::string>() : each.dump());
  return texts;
}

std::string joined(const Texts& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : " ").append(text);
  return all;
}

// 1e-2 is 0.01.
bool say_the_same(const Texts& a, const Texts& b) {
  if (a == b) return true;
  if (a.size() != 1 || b.size() != 1) return false;
  const auto x = number_of(a[0]), y = number_of(b[0]);
  return x && y && *x == *y;
}

void take_texts(CLI::Option& option, const Texts& texts, const std::string& file) {
  try {
    for (const std::string& text : texts) option.add_result(text);
    option.run_callback();
  } catch (const CLI::Error& error) {
    throw FormatError(fmt::format("{}: {}", file, shown(error.what())));
  }
}

}  // namespace

Json given_options(const CLI::App& command, const Json& config) {
  Json given = Json::object();
  for (const CLI::Option* option : command.get_options()) {
    const std::string key = key_of(*option);
    if (option->count() > 0 && belongs_to_run(*option) && !config.contains(key))
      given[key] = option->reduced_results();  // of one that is given twice, the last
  }
  return given;
}

std::vector<Changed> take_recorded(CLI::App& command, const Json& config, const std::string& file) {
  Json recorded = config;
  recorded.erase("options");
  if (config.contains("options")) {
    if (!config["options"].is_object())
      throw FormatError(fmt::format("{}: 'options' is no object", file));
    recorded.update(config["options"]);
  }
  std::vector<Changed> changed;
  for (CLI::Option* option : command.get_options([](CLI::Option*) { return true; })) {
    if (!belongs_to_run(*option)) continue;
    const auto found = recorded.find(key_of(*option));
    const bool is_recorded = found != recorded.end();
    if (option->count() == 0) {
      if (is_recorded) take_texts(*option, texts_of(*found), file);
      continue;
    }
    const Texts was = is_recorded ? texts_of(*found) : Texts{option->get_default_str()};
    const Texts now = option->reduced_results();
    if (!say_the_same(was, now))
      changed.push_back({option_name(key_of(*option)), joined(was), joined(now)});
  }
  return changed;
}

}  // namespace asg::cli
