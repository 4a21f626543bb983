#include "cli/exit_guard.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asg/runtime/backends.hpp>

#include "cli/command.hpp"

namespace asg::cli {
namespace {

// Of the process that runs the command: a plugin may have others, which end as they like.
::pid_t guarded_process = -1;

bool ends_too_early() { return guarded_process == ::getpid(); }

void complain_of_exit() {
  const std::string call = plugin_call_in_progress();
  tell(fmt::format("asg: the program was ended by a call of exit{}{}; what was asked is not done",
                   call.empty() ? "" : " in ", call));
  std::fflush(stdout);
}

[[noreturn]] void end_process(int status) {
  while (true) ::syscall(SYS_exit_group, status);
}

}  // namespace

void guard_exit() {
  guarded_process = ::getpid();
  std::atexit([] {
    if (!ends_too_early()) return;
    complain_of_exit();
    end_process(exit_failed);
  });
}

void command_is_done() { guarded_process = -1; }

}  // namespace asg::cli

// The run-times of sanitizers have a function of this name of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ASG_IS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ASG_IS_SANITIZED
#endif
#endif

#if !defined(ASG_IS_SANITIZED)
// Before the C library's for every library of the process: no handler of exit hears of this call.
extern "C" void _exit(int status) {
  using namespace asg::cli;
  if (ends_too_early()) {
    complain_of_exit();
    if (status == 0) status = exit_failed;
  }
  end_process(status);
}
#endif
