#include "cli/log_file.hpp"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <asg/io/file.hpp>

namespace asg::cli {
namespace {

bool stays(std::string_view line, bool ended, std::int64_t first) {
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return ended;
  const auto step = json.is_object() ? json.find("step") : json.end();
  return !json.is_object() || step == json.end() || !step->is_number_unsigned() ||
         step->get<std::uint64_t>() < static_cast<std::uint64_t>(first);
}

}  // namespace

void forget_steps_from(std::int64_t first, const std::filesystem::path& log) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(log, error)) return;
  const std::string text = io::read_file(log);
  std::string kept;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    if (stays(line, end < text.size(), first)) kept.append(line).append("\n");
  }
  if (kept != text) io::write_file(log, kept);
}

}  // namespace asg::cli
