// The process that checks: what it is started with, what it says.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "check/session.hpp"

namespace asg::proof {

/// Where it finds the board, and where it reports.
constexpr int child_board_number = 3, child_report_number = 4;

/// A report, or a part of one, on a line.
[[nodiscard]] std::string encode(const KindReport& report);
/// Errors   an exception for what is none.
[[nodiscard]] KindReport decode(std::string_view line);
/// The last line.
inline constexpr std::string_view done_line = "done";

/// How it ends when the backend cannot be opened, having printed why.
constexpr int unavailable_status = 114;

/// Runs one kind of check on a plugin; gives the exit status.
/// Errors   none of the plugin; Error when there is no such kind.
int run_child(const Settings& settings, std::string_view kind, std::uint64_t from);

}  // namespace asg::proof
