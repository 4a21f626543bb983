// Profiles of programs as a file that chrome://tracing and Perfetto show.
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <asg/runtime/device.hpp>

namespace asg {

struct Cost;
struct Program;

/// Writes complete events of Chrome's trace format as they come: one for each run and, below it,
/// one for each step of the program, with its op, origin, FLOPs, bytes and their rates. Steps that
/// run at the same time get lines of their own.
/// Errors   WriteError from every function when the file cannot be written.
/// Threads  one at a time.
/// Source   "Trace Event Format",
/// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
class ProfileTrace {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ProfileTrace(const std::filesystem::path& file);
  /// Ends a file that was not finished, as well as it can.
  ~ProfileTrace();
  ProfileTrace(const ProfileTrace&) = delete;
  ProfileTrace& operator=(const ProfileTrace&) = delete;

  /// One run of a program, which must live as long as the trace: when the host called it and got
  /// the answer, and the times of its steps by the device's clock.
  void add(std::string_view name, const Program& program, std::span<const StepTime> times,
           Clock::time_point begin, Clock::time_point end);
  /// Ends the file.
  void finish();

 private:
  void event(const std::string& json);
  void check(bool written);
  const std::vector<Cost>& costs_of(const Program& program);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  Clock::time_point start_ = Clock::now();
  std::uint64_t events_ = 0;
  std::map<const Program*, std::vector<Cost>> costs_;
};

}  // namespace asg
