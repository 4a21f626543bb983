#include "check/check.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "check/board.hpp"
#include "check/child.hpp"
#include "graph/utf8.hpp"
#include "runtime/child_process.hpp"

namespace asg::proof {
namespace {

using Clock = std::chrono::steady_clock;
using loader::Descriptor;

constexpr int most_crashes = 5, most_hangs = 2;
constexpr std::size_t most_output = 2048;
constexpr auto pause = std::chrono::milliseconds(50);

struct ReportPipe {
  ReportPipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) throw Error("the system has no descriptors for a pipe");
    reading = Descriptor(ends[0]);
    writing = Descriptor(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  // What has come; the rest of it when there is more than `most`.
  std::string take(std::size_t most) {
    std::string taken;
    char bytes[65536];
    while (taken.size() < most) {
      const ::ssize_t n = ::read(reading.number(), bytes, sizeof bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      taken.append(bytes, static_cast<std::size_t>(n));
    }
    return taken;
  }
  Descriptor reading, writing;
};

/// One process that runs a kind.
class Attempt {
 public:
  enum class End { done, crashed, hung, too_long };

  Attempt(const Kind& kind, const Plan& plan, std::uint64_t from, Clock::time_point kind_end)
      : plan_(plan), kind_end_(kind_end), case_since_(Clock::now()) {
    std::vector<std::string> arguments = plan.command;
    arguments.insert(arguments.end(), {kind.name, fmt::format("{}", from)});
    child_ = std::make_unique<loader::ChildProcess>(
        "/proc/self/exe", arguments,
        loader::ChildProcess::Descriptors{output_.writing.number(), board_.descriptor(),
                                          child_board_number, report_.writing.number(),
                                          child_report_number});
    if (!*child_) throw Error("cannot start the process that checks");
    output_.writing = Descriptor();
    report_.writing = Descriptor();
  }

  End wait(KindReport& report) {
    while (true) {
      const bool ended = child_->has_ended();  // asked first: what it wrote is there by then
      listen(report);
      if (ended) return done_ && child_->exit_status() == 0 ? End::done : End::crashed;
      const auto now = Clock::now();
      if (const std::uint64_t number = board_.number(); number != case_) {
        case_ = number;
        case_since_ = now;
      }
      if (now - case_since_ > std::chrono::seconds(plan_.case_seconds)) return stop(End::hung);
      if (now > kind_end_) return stop(End::too_long);
      struct pollfd watched[] = {{report_.reading.number(), POLLIN, 0},
                                 {output_.reading.number(), POLLIN, 0}};
      ::poll(watched, 2, static_cast<int>(pause.count()));
    }
  }

  [[nodiscard]] std::uint64_t number() const { return board_.number(); }
  [[nodiscard]] const std::string& printed() const { return printed_; }

  // "in execute", "while it was loaded"
  [[nodiscard]] std::string place() const {
    if (done_) return "on its way out, after all was destroyed";
    const std::string call = board_.call();
    return call.empty() ? "outside of every call" : "in " + call;
  }
  [[nodiscard]] std::string input() const {
    std::string text = done_ ? std::string() : board_.text();
    if (!printed_.empty()) text += fmt::format("{}it said: {}", text.empty() ? "" : "; ", said());
    return text;
  }
  [[nodiscard]] std::string ending() const { return child_->ending(); }
  [[nodiscard]] int status() const { return child_->exit_status(); }
  [[nodiscard]] bool was_signalled() const { return child_->was_signalled(); }
  [[nodiscard]] std::string said() const {
    const std::string_view text = printed_;
    return shown(text.substr(0, text.find('\n')), 400);
  }

 private:
  End stop(End why) {
    child_->end();
    return why;
  }
  void listen(KindReport& report) {
    printed_ += output_.take(most_output);
    if (printed_.size() > most_output) printed_.resize(most_output);
    pending_ += report_.take(1 << 20);
    for (std::size_t end; (end = pending_.find('\n')) != std::string::npos;) {
      take_line({pending_.data(), end}, report);
      pending_.erase(0, end + 1);
    }
  }
  void take_line(std::string_view line, KindReport& report) {
    if (line == done_line) {
      done_ = true;
      return;
    }
    try {
      report.merge(decode(line));
    } catch (const std::exception&) {
      report.add({"it writes to file descriptors that are not its own", std::string(input())});
    }
  }

  const Plan& plan_;
  Clock::time_point kind_end_, case_since_;
  Board board_;
  ReportPipe report_, output_;
  std::unique_ptr<loader::ChildProcess> child_;
  std::string pending_, printed_;
  std::uint64_t case_ = 0;
  bool done_ = false;
};

}  // namespace

KindReport run_kind(const Kind& kind, const Plan& plan) {
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(plan.kind_seconds);
  KindReport report;
  report.kind = kind.name;
  report.summary = kind.summary;
  int crashes = 0, hangs = 0;
  for (std::uint64_t from = 0; crashes < most_crashes && hangs < most_hangs;) {
    Attempt attempt(kind, plan, from, end);
    const Attempt::End how = attempt.wait(report);
    const std::string input = attempt.input();
    if (how == Attempt::End::done) {
      if (!attempt.printed().empty())
        report.add(
            {"it prints: a plugin reports through asg_error and asg_host.log, and writes "
             "nothing to the streams of the program",
             attempt.said()});
      break;
    }
    if (how == Attempt::End::crashed && attempt.status() == unavailable_status)
      throw PluginError(attempt.printed());
    if (how == Attempt::End::crashed) {
      ++crashes;
      report.add(
          {fmt::format("it {} {} ({})", attempt.was_signalled() ? "crashes" : "ends the process",
                       attempt.place(), attempt.ending()),
           input});
    } else if (how == Attempt::End::hung) {
      ++hangs;
      report.add(
          {fmt::format("it does not come back {} within {} s", attempt.place(), plan.case_seconds),
           input});
    } else {
      report.add({fmt::format("the check was stopped after {} s", plan.kind_seconds), input});
      break;
    }
    // The case of the crash is not tried again; without a case there is nothing to go on with.
    if (attempt.number() == from) break;
    from = attempt.number();
  }
  if (crashes == most_crashes || hangs == most_hangs)
    report.notes.emplace_back("the rest was not tried");
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return report;
}

}  // namespace asg::proof
