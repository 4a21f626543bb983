#include "cli/crash_guard.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <asg/runtime/backends.hpp>

namespace asg::cli {
namespace {

// A path may have what a terminal obeys.
void say(const char* text) {
  char shown[512];
  std::size_t size = 0;
  for (; *text != '\0' && size < sizeof shown; ++text) {
    const auto byte = static_cast<unsigned char>(*text);
    shown[size++] = byte < 0x20 || byte == 0x7f ? '?' : *text;
  }
  static_cast<void>(!::write(STDERR_FILENO, shown, size));
}

// Only what may be called in a handler. Back from it, the signal comes again and ends the process.
void tell_of_crash(int number) {
  const PluginPlace place = plugin_call_place();
  if (place.function == nullptr) return;
  say("asg: it crashed (SIG");
  const char* const name = ::sigabbrev_np(number);
  say(name != nullptr ? name : "?");
  say(") in ");
  say(place.function);
  say(" of the plugin ");
  say(place.file);
  static_cast<void>(!::write(STDERR_FILENO, "\n", 1));
}

}  // namespace

void guard_against_crashes() {
  // Of a stack that has overflowed nothing is left.
  alignas(16) static std::byte stack[65536];
  const stack_t other{stack, 0, sizeof stack};
  ::sigaltstack(&other, nullptr);
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    struct sigaction before {};
    if (::sigaction(number, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = tell_of_crash;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK);
    ::sigaction(number, &action, nullptr);
  }
}

}  // namespace asg::cli
