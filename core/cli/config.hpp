// The configuration of a saved run, config.json: what ModelFlags writes, a vocabulary, the options.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace asg::cli {

/// Errors   FormatError that names `file`, from each function here: JSON that is damaged, deeply
///          nested or has a key twice; what is missing or of another type.
[[nodiscard]] nlohmann::ordered_json parse_config(std::string_view text, const std::string& file);

/// That of a run's folder.
[[nodiscard]] nlohmann::ordered_json load_config(const std::filesystem::path& directory);

/// A vocabulary in JSON: characters as strings; bytes that are no UTF-8, which a string of JSON
/// cannot hold, as arrays of numbers.
[[nodiscard]] nlohmann::ordered_json vocabulary_to_json(const std::vector<std::string>& vocabulary);
/// Errors   FormatError naming `file`.
[[nodiscard]] std::vector<std::string> vocabulary_from_json(const nlohmann::ordered_json& json,
                                                            const std::string& file);

}  // namespace asg::cli
