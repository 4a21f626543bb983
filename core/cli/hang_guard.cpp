#include "cli/hang_guard.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <thread>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/runtime/backends.hpp>

#include "cli/command.hpp"
#include "cli/exit_guard.hpp"

namespace asg::cli {
namespace {

void watch(std::chrono::seconds limit) {
  using Clock = std::chrono::steady_clock;
  std::uint64_t number = 0;
  Clock::time_point since = Clock::now();
  for (;; std::this_thread::sleep_for(std::chrono::milliseconds(200))) {
    const std::uint64_t now = plugin_call_number();
    if (now != number || now == 0) {
      number = now;
      since = Clock::now();
    } else if (Clock::now() - since > limit) {
      break;
    }
  }
  tell(
      fmt::format("asg: {} has not come back for {} s, and the program is ended; a larger "
                  "ASG_DEVICE_SECONDS allows it more time. What was saved before is as it was",
                  plugin_call_in_progress(), limit.count()));
  command_is_done();
  ::_exit(exit_failed);
}

}  // namespace

void guard_against_hangs() {
  static bool guarded = false;
  if (guarded) return;
  guarded = true;
  int seconds = 0;
  try {
    seconds = device_seconds();
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
  // Work that is late by itself is given up by the library, which has the first word.
  std::thread(watch, std::chrono::seconds(seconds + seconds / 10 + 1)).detach();
}

}  // namespace asg::cli
