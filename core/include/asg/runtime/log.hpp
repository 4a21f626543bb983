// Messages of the library and its plugins to people. The library itself never prints.
#pragma once
#include <functional>
#include <string_view>

namespace asg {

/// The numbers are those of the plugin ABI.
enum class LogLevel { off = 0, error = 1, warn = 2, info = 3, debug = 4 };

/// Called with a level, where the message comes from ("loader", "cpu") and the message. It must
/// not call into asg, and what it throws is dropped.
using LogHandler =
    std::function<void(LogLevel level, std::string_view source, std::string_view message)>;

/// Sets who receives messages; an empty handler restores the default.
/// The default writes to standard error what ASG_LOG asks for (error, warn, info or debug) and
/// nothing when ASG_LOG is not set.
/// Threads  any; a handler may be called from several threads at once.
void set_log_handler(LogHandler handler);

/// The level that ASG_LOG names, or `otherwise` when it is not set. A word that is no level means
/// `debug`: who sets it wants to see something.
[[nodiscard]] LogLevel log_level_from_environment(LogLevel otherwise = LogLevel::off);

/// Hands a message to the handler.
/// Threads  any.
void log_message(LogLevel level, std::string_view source, std::string_view message);

/// "error", "warn", "info", "debug" or "off".
[[nodiscard]] std::string_view name(LogLevel level);

}  // namespace asg
