#include "cli/config.hpp"

#include <fmt/format.h>

#include <asg/data/text.hpp>
#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

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
