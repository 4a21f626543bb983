// A process that may crash, hang or lie.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/descriptors.hpp"

namespace asg::loader {

/// Started without fork, so that a program with many threads may do it; has a group of its own, of
/// which nothing is left when the object is gone.
/// Threads  one at a time.
class ChildProcess {
 public:
  /// What it finds open: nothing to read, `output` for what it prints, and `file` and `report`
  /// under the numbers that it expects.
  struct Descriptors {
    int output, file, file_number, report, report_number;
  };
  /// Check it: false when it could not be started.
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const Descriptors& descriptors);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  [[nodiscard]] explicit operator bool() const { return id_ > 0 || ended_; }
  /// Looks whether it has ended.
  [[nodiscard]] bool has_ended();
  /// How, once it has: "exit status 3", "signal SIGSEGV".
  [[nodiscard]] std::string ending() const;
  /// The status that it ended with by itself; -1 otherwise.
  [[nodiscard]] int exit_status() const;
  [[nodiscard]] bool was_signalled() const;
  void end();

 private:
  ::pid_t id_ = -1;
  bool ended_ = false, known_ = false;
  int status_ = 0;
};

}  // namespace asg::loader
