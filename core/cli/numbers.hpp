// Numbers on a command line and in a configuration, read as the parser and the locale do not.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace asg::cli {

/// More than any size, yet so few that products of two of them are no trouble.
constexpr std::uint64_t most_of_a_size = std::uint64_t{1} << 40;

/// The number that a text writes in decimal digits with a point, whatever the locale; none where
/// anything else is in it, and none for infinity and NaN.
[[nodiscard]] std::optional<double> number_of(std::string_view text);

/// Which numbers fit.
struct Bounds {
  double least = 0;
  double most = std::numeric_limits<double>::max();
  bool least_fits = true;

  [[nodiscard]] bool hold(double number) const;
  /// "a number from 0 to 0.5"
  [[nodiscard]] std::string text() const;
};

/// An option that takes such a number.
CLI::Option* add_number(CLI::App& app, const std::string& name, double& value,
                        const std::string& help, const Bounds& bounds = {});

/// Numbers of decimal digits alone, from `least` to `most`: given to Option::transform, for they
/// are passed on as the parser, which would take 010 for 8, understands them.
[[nodiscard]] CLI::Validator whole(std::uint64_t least, std::uint64_t most);

/// An option that takes a size or a count.
CLI::Option* add_count(CLI::App& app, const std::string& name, std::int64_t& value,
                       const std::string& help, std::uint64_t least = 1);

}  // namespace asg::cli
