#include <asg/runtime/log.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "graph/utf8.hpp"

namespace asg {
namespace {

constexpr std::array<std::string_view, 5> level_names = {"off", "error", "warn", "info", "debug"};

struct Sink {
  std::mutex mutex;
  std::shared_ptr<const LogHandler> handler;
};

// Never destroyed: plugins' threads may report until the process is gone.
Sink& sink() {
  static Sink* const instance = new Sink;
  return *instance;
}

void write_to_stderr(LogLevel level, std::string_view source, std::string_view message) {
  const std::string line = fmt::format("asg {}: {}: {}\n", name(level), source, message);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

std::string_view name(LogLevel level) {
  const auto index = static_cast<std::size_t>(level);
  return index < level_names.size() ? level_names[index] : "debug";
}

LogLevel log_level_from_environment(LogLevel otherwise) {
  const char* const value = std::getenv("ASG_LOG");
  if (value == nullptr || *value == '\0') return otherwise;
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == value) return static_cast<LogLevel>(i);
  return LogLevel::debug;
}

void set_log_handler(LogHandler handler) {
  auto fresh = handler ? std::make_shared<const LogHandler>(std::move(handler)) : nullptr;
  const std::lock_guard lock(sink().mutex);
  sink().handler.swap(fresh);
}

void log_message(LogLevel level, std::string_view source, std::string_view message) {
  if (level == LogLevel::off) return;
  try {
    std::shared_ptr<const LogHandler> handler;
    {
      const std::lock_guard lock(sink().mutex);
      handler = sink().handler;
    }
    if (handler == nullptr && level > log_level_from_environment()) return;
    const std::string from = shown(source), text = shown_lines(message);
    if (handler != nullptr)
      (*handler)(level, from, text);
    else
      write_to_stderr(level, from, text);
  } catch (...) {
    // A message that cannot be delivered must not change what the program does.
  }
}

}  // namespace asg
