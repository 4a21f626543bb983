#include "cli/stopping.hpp"

#include <atomic>
#include <csignal>

namespace asg::cli {
namespace {

std::atomic<bool> requested{false};

void ask_at(int signal, int flags) {
  struct sigaction action {};
  action.sa_handler = [](int) { requested = true; };
  action.sa_flags = flags;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void stop_at_signals() {
  ask_at(SIGINT, static_cast<int>(SA_RESETHAND));
  ask_at(SIGTERM, static_cast<int>(SA_RESETHAND));
  // nohup means what it says.
  struct sigaction before {};
  ::sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) ask_at(SIGHUP, 0);
}

bool stop_requested() { return requested; }

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace asg::cli
