#include "runtime/device_spec.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "graph/utf8.hpp"

namespace asg::loader {
namespace {

// Where the backend's part ends. Directories may have colons and commas of their own, so in a path
// only those count that follow the file's ending; a value may have a slash.
std::size_t end_of_backend(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of(":,"), text.size());
  if (text.find('/') >= end) return end;
  for (std::size_t at = text.find(".so"); at != std::string_view::npos;
       at = text.find(".so", at + 1))
    if (at + 3 == text.size() || text[at + 3] == ':' || text[at + 3] == ',') return at + 3;
  return text.size();
}

std::pair<std::string, std::string> option_of(std::string_view text) {
  const std::size_t sign = text.find('=');
  if (sign == 0 || sign == std::string_view::npos)
    throw Error(
        fmt::format("'{}' is no option of a backend; write KEY=VALUE after a comma, as in "
                    "cpu,threads=2",
                    shown(text)));
  return {std::string(text.substr(0, sign)), std::string(text.substr(sign + 1))};
}

}  // namespace

DeviceSpec parse_device_spec(std::string_view text) {
  const std::size_t end = end_of_backend(text);
  DeviceSpec spec{std::string(text.substr(0, end)), {}, {}};
  text.remove_prefix(end);
  if (text.starts_with(':')) {
    const std::size_t comma = std::min(text.find(','), text.size());
    spec.device = text.substr(1, comma - 1);
    text.remove_prefix(comma);
  }
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t comma = std::min(text.find(','), text.size());
    spec.options.push_back(option_of(text.substr(0, comma)));
    text.remove_prefix(comma);
  }
  return spec;
}

}  // namespace asg::loader
