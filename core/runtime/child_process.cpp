#include "runtime/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

namespace asg::loader {
namespace {

// What posix_spawn needs, freed at the end.
struct SpawnPlan {
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  ::posix_spawn_file_actions_t actions;
  ::posix_spawnattr_t attributes;
};

// Signals as in a program that was started from a shell: this one may block or ignore some.
void reset_signals(SpawnPlan& plan) {
  ::sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&plan.attributes, &none);
  ::posix_spawnattr_setsigdefault(&plan.attributes, &all);
  ::posix_spawnattr_setpgroup(&plan.attributes, 0);
  ::posix_spawnattr_setflags(
      &plan.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

}  // namespace

ChildProcess::ChildProcess(const std::filesystem::path& program,
                           const std::vector<std::string>& arguments,
                           const Descriptors& descriptors) {
  // Copies above the numbers that they will have there, so that none is overwritten by another.
  constexpr int above = 16;
  const auto copy = [](int number) { return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, above)); };
  const Descriptor output = copy(descriptors.output), file = copy(descriptors.file),
                   report = copy(descriptors.report);
  if (!output || !file || !report) return;
  SpawnPlan plan;
  reset_signals(plan);
  ::posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&plan.actions, output.number(), 1);
  ::posix_spawn_file_actions_adddup2(&plan.actions, output.number(), 2);
  ::posix_spawn_file_actions_adddup2(&plan.actions, file.number(), descriptors.file_number);
  ::posix_spawn_file_actions_adddup2(&plan.actions, report.number(), descriptors.report_number);
  std::vector<char*> list;
  for (const std::string& argument : arguments) list.push_back(const_cast<char*>(argument.c_str()));
  list.push_back(nullptr);
  if (::posix_spawn(&id_, program.c_str(), &plan.actions, &plan.attributes, list.data(),
                    ::environ) != 0)
    id_ = -1;
}

ChildProcess::~ChildProcess() { end(); }

// The group goes before its first process is forgotten: until then nobody else has its number.
bool ChildProcess::has_ended() {
  if (ended_) return true;
  ::siginfo_t info{};
  while (::waitid(P_PID, static_cast<::id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
    if (errno == EINTR) continue;
    ended_ = true;  // somebody else of this program has waited for it
    return true;
  }
  if (info.si_pid == 0) return false;
  ::kill(-id_, SIGKILL);
  ended_ = true;
  ::pid_t waited = -1;
  do {
    waited = ::waitpid(id_, &status_, 0);
  } while (waited < 0 && errno == EINTR);
  known_ = waited == id_;
  return true;
}

void ChildProcess::end() {
  if (id_ <= 0 || has_ended()) return;
  ::kill(-id_, SIGKILL);
  ::kill(id_, SIGKILL);  // a group that the plugin has left
  while (::waitpid(id_, &status_, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
}

std::string ChildProcess::ending() const {
  if (!known_) return "for a reason that is not known";
  if (WIFEXITED(status_)) return fmt::format("exit status {}", WEXITSTATUS(status_));
  const char* const name = ::sigabbrev_np(WTERMSIG(status_));
  return name != nullptr ? fmt::format("signal SIG{}", name)
                         : fmt::format("signal {}", WTERMSIG(status_));
}

int ChildProcess::exit_status() const {
  return known_ && WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

bool ChildProcess::was_signalled() const { return known_ && WIFSIGNALED(status_); }

}  // namespace asg::loader
