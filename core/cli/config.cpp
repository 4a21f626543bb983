#include "cli/config.hpp"

#include <fmt/format.h>

#include <asg/data/text.hpp>
#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

#include "cli/command.hpp"
#include "graph/utf8.hpp"
#include "io/json.hpp"

namespace asg::cli {

nlohmann::ordered_json parse_config(std::string_view text, const std::string& file) {
  return io::parse_json<nlohmann::ordered_json>(text, file, {.keys = 1000});
}

nlohmann::ordered_json load_config(const std::filesystem::path& directory) {
  // A vocabulary of every character that there is has a quarter of this.
  constexpr std::uint64_t longest = std::uint64_t{64} << 20;
  const auto path = directory / "config.json";
  return parse_config(io::read_file(path, longest), path.string());
}

ModelFlags flags_from_config(const nlohmann::ordered_json& config, const std::string& file) {
  const auto entry = [&](const char* key, bool (*fits)(const nlohmann::ordered_json&),
                         const std::string& wanted) -> const nlohmann::ordered_json& {
    if (!config.is_object() || !config.contains(key))
      throw FormatError(
          fmt::format("{}: not a configuration written by asg train: it has no '{}'", file, key));
    const nlohmann::ordered_json& value = config[key];
    if (!fits(value))
      throw FormatError(
          fmt::format("{}: '{}' is {}, not {}", file, key, shown(io::json_text(value)), wanted));
    return value;
  };
  // As exact as the flags are: JSON's own conversions cut fractions off and wrap.
  const auto size = [&](const char* key, std::uint64_t least = 1) {
    const auto is_natural = [](const nlohmann::ordered_json& v) { return v.is_number_unsigned(); };
    const std::string wanted = fmt::format("a whole number from {} to {}", least, most_of_a_size);
    const auto number = entry(key, is_natural, wanted).get<std::uint64_t>();
    if (number < least || number > most_of_a_size)
      throw FormatError(fmt::format("{}: '{}' is {}, not {}", file, key, number, wanted));
    return static_cast<std::int64_t>(number);
  };
  const auto text = [&](const char* key) {
    const auto is_text = [](const nlohmann::ordered_json& v) { return v.is_string(); };
    return entry(key, is_text, "a text").get<std::string>();
  };
  const auto truth = [&](const char* key) {
    const auto is_truth = [](const nlohmann::ordered_json& v) { return v.is_boolean(); };
    return entry(key, is_truth, "true or false").get<bool>();
  };
  ModelFlags flags;
  flags.model = text("model");
  flags.vocab = size("vocab", 0);
  flags.layers = size("layers");
  flags.heads = size("heads");
  flags.embd = size("embd");
  flags.block = size("block");
  flags.batch = size("batch");
  const auto is_share = [](const nlohmann::ordered_json& v) {
    return v.is_number() && v.get<double>() >= 0 && v.get<double>() <= most_dropout;
  };
  flags.dropout =
      entry("dropout", is_share, fmt::format("a number from 0 to {}", most_dropout)).get<double>();
  flags.tie = truth("tie");
  flags.no_bias = truth("no_bias");
  flags.dtype = text("dtype");
  if (flags.dtype != "f32" && flags.dtype != "f64")
    throw FormatError(
        fmt::format("{}: 'dtype' is \"{}\", not f32 or f64", file, shown(flags.dtype)));
  return flags;
}

nlohmann::ordered_json vocabulary_to_json(const std::vector<std::string>& vocabulary) {
  auto list = nlohmann::ordered_json::array();
  for (const std::string& character : vocabulary) {
    if (is_utf8(character))
      list.push_back(character);
    else
      list.push_back(std::vector<std::uint8_t>(character.begin(), character.end()));
  }
  return list;
}

std::vector<std::string> vocabulary_from_json(const nlohmann::ordered_json& json,
                                              const std::string& file) {
  std::vector<std::string> vocabulary;
  try {
    for (const auto& entry : json.get<std::vector<nlohmann::ordered_json>>()) {
      if (entry.is_string()) {
        vocabulary.push_back(entry.get<std::string>());
        continue;
      }
      std::string& bytes = vocabulary.emplace_back();
      for (const auto& byte : entry.get<std::vector<nlohmann::ordered_json>>()) {
        if (!byte.is_number_unsigned() || byte.get<std::uint64_t>() > 0xff)
          throw FormatError(fmt::format("{} is no byte", shown(io::json_text(byte))));
        bytes.push_back(static_cast<char>(byte.get<std::uint64_t>()));
      }
    }
    static_cast<void>(data::CharTokenizer(vocabulary));
  } catch (const FormatError& error) {
    throw FormatError(fmt::format("{}: not a vocabulary ({})", file, error.what()));
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: not a vocabulary ({})", file, error.what()));
  }
  return vocabulary;
}

}  // namespace asg::cli
