#include "cli/numbers.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace asg::cli {

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || !std::isfinite(number)) return {};
  return number;
}

bool Bounds::hold(double number) const {
  return (least_fits ? number >= least : number > least) && number <= most;
}

std::string Bounds::text() const {
  const std::string begin = fmt::format("a number {} {}", least_fits ? "from" : "above", least);
  if (most < std::numeric_limits<double>::max()) return fmt::format("{} to {}", begin, most);
  return least_fits ? begin + " on" : begin;
}

// The parser's own conversion is strtold, which reads the point of the locale.
CLI::Option* add_number(CLI::App& app, const std::string& name, double& value,
                        const std::string& help, const Bounds& bounds) {
  const auto problem = [bounds](const std::string& text) -> std::string {
    const auto number = number_of(text);
    return number && bounds.hold(*number) ? "" : fmt::format("'{}' is not {}", text, bounds.text());
  };
  const auto take = [&value](const CLI::results_t& texts) {
    const auto number = number_of(texts.back());
    if (number) value = *number;
    return number.has_value();
  };
  return app.add_option(name, take, help, false, [&value] { return fmt::format("{}", value); })
      ->check({problem, "", "number"})
      ->type_name("X");
}

CLI::Validator whole(std::uint64_t least, std::uint64_t most) {
  return {[least, most](std::string& text) -> std::string {
            std::uint64_t number = 0;
            const char* const end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, number);
            const bool is_number = error == std::errc{} && stop == end;
            if (!is_number || number < least || number > most)
              return fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
            text = fmt::format("{}", number);
            return {};
          },
          "", "whole"};
}

CLI::Option* add_count(CLI::App& app, const std::string& name, std::int64_t& value,
                       const std::string& help, std::uint64_t least) {
  return app.add_option(name, value, help)
      ->transform(whole(least, most_of_a_size))
      ->capture_default_str()
      ->type_name("N");
}

}  // namespace asg::cli
