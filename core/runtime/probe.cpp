#include "runtime/probe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/runtime/log.hpp>

#include "graph/utf8.hpp"
#include "runtime/child_process.hpp"
#include "runtime/descriptors.hpp"
#include "runtime/library_folders.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/probe_cache.hpp"
#include "runtime/trust.hpp"

namespace asg::loader {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Outcome = ProbeReport::Outcome;

constexpr std::uint64_t default_seconds = 10, most_seconds = 86400;
constexpr std::uint64_t most_memory = std::uint64_t{4} << 30;
// More would only slow down each other; those that hang cost their time together.
constexpr std::size_t most_at_once = 16;
constexpr std::uint64_t ten_minutes = 600, a_day = 86400;
constexpr std::size_t most_output = 4096;
constexpr int most_pieces = 64;

std::uint64_t time_limit() {
  const std::string text = trusted_environment("ASG_PROBE_SECONDS");
  if (text.empty()) return default_seconds;
  std::uint64_t seconds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds);
  if (error != std::errc() || end != last || seconds == 0 || seconds > most_seconds)
    throw Error(fmt::format("ASG_PROBE_SECONDS is '{}'; it must be a whole number from 1 to {}",
                            shown(text), most_seconds));
  return seconds;
}

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    reading = Descriptor(ends[0]);
    writing = Descriptor(ends[1]);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  Descriptor reading, writing;
};

// One plugin that is being tried.
class Trial {
 public:
  Trial(const fs::path& program, const PluginFile& file, std::uint64_t seconds)
      : seconds_(seconds), end_(Clock::now() + std::chrono::seconds(seconds)) {
    if (!report_.writing || !output_.writing) return;
    child_ = std::make_unique<ChildProcess>(
        program,
        std::vector<std::string>{program.string(), file.path().string(), fmt::format("{}", seconds),
                                 fmt::format("{}", most_memory)},
        ChildProcess::Descriptors{output_.writing.number(), file.descriptor(), probe_file_number,
                                  report_.writing.number(), probe_report_number});
    report_.writing = Descriptor();
    output_.writing = Descriptor();
  }

  void add_to(std::vector<struct pollfd>& watched) const {
    for (const Pipe* pipe : {&report_, &output_})
      if (pipe->reading) watched.push_back({pipe->reading.number(), POLLIN, 0});
  }
  [[nodiscard]] Clock::time_point end() const { return end_; }
  /// Nobody writes to it any more, so its end must be near.
  [[nodiscard]] bool is_silent() const { return !report_.reading; }

  /// Takes what has come; true when there is nothing more to wait for.
  bool advance() {
    if (child_ == nullptr || !*child_) return true;
    const bool ended = child_->has_ended();  // asked first: what it wrote is there by then
    take_report();
    take_output();
    if (ended || reader_.done() || broken_) return true;
    timed_out_ = Clock::now() >= end_;
    return timed_out_;
  }

  ProbeReport finish() {
    const bool started = child_ != nullptr && *child_;
    if (started) child_->end();
    ProbeReport report = std::move(reader_.report());
    report.outcome = outcome(started, report);
    if (report.outcome == Outcome::deadly) report.reason = reason_of_death();
    report.late = timed_out_;
    return report;
  }

 private:
  // A piece at a time: one that writes for ever must not keep us from the others.
  void take_report() {
    for (int piece = 0; piece < most_pieces && report_.reading && !broken_; ++piece) {
      char bytes[4096];
      const ::ssize_t n = ::read(report_.reading.number(), bytes, sizeof bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0)
        report_.reading = Descriptor();
      else
        broken_ = !reader_.add({bytes, static_cast<std::size_t>(n)});
    }
  }
  void take_output() {
    for (int piece = 0; piece < most_pieces && output_.reading; ++piece) {
      char bytes[4096];
      const ::ssize_t n = ::read(output_.reading.number(), bytes, sizeof bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) {
        output_.reading = Descriptor();
        return;
      }
      printed_.append(bytes, static_cast<std::size_t>(n));
      if (printed_.size() > most_output) printed_.erase(0, printed_.size() - most_output);
    }
  }

  [[nodiscard]] Outcome outcome(bool started, const ProbeReport& report) const {
    // A program that does not even begin, of another asg or without its libraries.
    if (!started || reader_.unsuited() || (!reader_.begun() && !timed_out_))
      return Outcome::not_tried;
    if (!reader_.done()) return Outcome::deadly;
    return report.reason.empty() ? Outcome::sound : Outcome::refused;
  }

  [[nodiscard]] std::string reason_of_death() const {
    const std::string& call = reader_.last_call();
    const std::string place =
        call.empty() || call == "loading" ? "while it was loaded" : fmt::format("in {}", call);
    if (timed_out_)
      return fmt::format(
          "it does not come back: {} s were not enough {} (ASG_PROBE_SECONDS gives "
          "more)",
          seconds_, place);
    if (broken_ || child_->exit_status() == probe_lost_report)
      return fmt::format("it wrote to or closed file descriptors that are not its own, {}", place);
    std::string reason = child_->was_signalled()
                             ? fmt::format("it crashed {} ({})", place, child_->ending())
                             : fmt::format("it ended the process {} ({})", place, child_->ending());
    std::string_view printed = printed_;
    while (printed.ends_with('\n')) printed.remove_suffix(1);
    if (!printed.empty()) reason += fmt::format(", saying: {}", shown(printed));
    return reason;
  }

  std::uint64_t seconds_;
  Clock::time_point end_;
  Pipe report_, output_;
  std::unique_ptr<ChildProcess> child_;
  ReportReader reader_;
  std::string printed_;
  bool broken_ = false, timed_out_ = false;
};

// Until one of them has something to say or is out of time. A process that has ended but whose pipe
// another one holds is found by looking.
void wait_for_any(const std::vector<std::unique_ptr<Trial>>& running) {
  std::vector<struct pollfd> watched;
  auto pause = std::chrono::milliseconds(100);
  const auto now = Clock::now();
  for (const auto& trial : running) {
    if (trial == nullptr) continue;
    trial->add_to(watched);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(trial->end() - now);
    pause = std::min(pause, trial->is_silent() ? std::chrono::milliseconds(1) : left);
  }
  pause = std::max(pause, std::chrono::milliseconds(0));
  ::poll(watched.data(), watched.size(), static_cast<int>(pause.count()));
}

std::vector<ProbeReport> try_all(const fs::path& program,
                                 const std::vector<const PluginFile*>& files,
                                 std::uint64_t seconds) {
  std::vector<ProbeReport> reports(files.size());
  std::vector<std::unique_ptr<Trial>> trials(files.size());
  std::size_t next = 0, running = 0;
  while (next < files.size() || running > 0) {
    for (; next < files.size() && running < most_at_once; ++next, ++running)
      trials[next] = std::make_unique<Trial>(program, *files[next], seconds);
    wait_for_any(trials);
    for (std::size_t i = 0; i < next; ++i) {
      if (trials[i] == nullptr || !trials[i]->advance()) continue;
      reports[i] = trials[i]->finish();
      trials[i].reset();
      --running;
    }
  }
  return reports;
}

FileIdentity identity_of(const PluginFile& file) {
  struct stat status {};
  ::fstat(file.descriptor(), &status);
  return FileIdentity(status);
}

bool may_be_run(const fs::path& program) {
  struct stat status {};
  return ::stat(program.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(program.c_str(), X_OK) == 0 && distrust_file(status).empty() &&
         distrust_directory_of_file(program.parent_path()).empty();
}

}  // namespace

fs::path probe_program() {
  // Like the plugins it belongs to the library: of the same processor and the same build.
  for (const LibraryFolder& folder : library_folders())
    if (const fs::path place = folder.path / "asg/asg-plugin-probe"; may_be_run(place)) return place;
  return {};
}

void warn_of_loading_here(const PluginFile& file) {
  const fs::path program = probe_program();
  log_message(LogLevel::warn, "loader",
              fmt::format("{} is loaded without having been tried in another process: {}",
                          shown_path(file.path()),
                          program.empty() ? "asg-plugin-probe is not installed beside the library"
                                          : shown_path(program) + " cannot try it"));
}

std::vector<ProbeReport> probe(std::span<const PluginFile* const> files) {
  const std::uint64_t seconds = time_limit();
  std::vector<ProbeReport> reports(files.size());
  const fs::path program = probe_program();
  if (program.empty() || files.empty()) return reports;
  ProbeCache cache(seconds);
  std::vector<const PluginFile*> unknown;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto verdict = cache.find(identity_of(*files[i]));
    if (verdict && !verdict->sound) {
      reports[i].outcome = Outcome::deadly;
      reports[i].reason = verdict->reason;
    } else {
      unknown.push_back(files[i]);
      places.push_back(i);
    }
  }
  std::vector<ProbeReport> found = try_all(program, unknown, seconds);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const FileIdentity id = identity_of(*unknown[i]);
    ProbeReport& report = reports[places[i]] = std::move(found[i]);
    // What a plugin answers in good order hangs on drivers and devices: it is asked every time.
    const bool sound = report.outcome == Outcome::sound;
    const auto known = cache.find(id);
    if (report.outcome == Outcome::deadly || (sound && !(known && known->sound)))
      cache.remember(id, {sound, report.reason}, report.late ? ten_minutes : a_day);
  }
  cache.save();
  return reports;
}

ProbeReport probe_for_use(const PluginFile& file) {
  const FileIdentity id = identity_of(file);
  if (const auto verdict = ProbeCache(time_limit()).find(id)) {
    ProbeReport report;
    report.outcome = verdict->sound ? Outcome::sound : Outcome::deadly;
    report.reason = verdict->reason;
    return report;
  }
  const PluginFile* const files[] = {&file};
  return std::move(probe(files).front());
}

}  // namespace asg::loader
