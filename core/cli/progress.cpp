#include "cli/progress.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <asg/graph/error.hpp>

#include "cli/command.hpp"
#include "cli/log_file.hpp"
#include "io/json.hpp"

namespace asg::cli {
namespace {

bool is_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::strcmp(term, "dumb") != 0;
}

// Asked each time: it changes while a run lasts.
std::size_t terminal_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string duration(double seconds) {
  const auto s = static_cast<long long>(seconds + 0.5);
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

// As a line without its end; what cannot be printed is lost, as by tell.
void tell_part(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

std::string ProgressLine::plain() const {
  return fmt::format("step {}/{}  loss {:.4f}  {:.1f} steps/s  {:.0f} {}/s", done, steps, loss,
                     steps_per_s, items_per_s, unit);
}

std::string ProgressLine::fitted(std::size_t columns) const {
  // In their order on the line, and how soon each is left out.
  struct Part {
    std::string text;
    int importance;
  };
  const Part parts[] = {{fmt::format("step {}/{}", done, steps), 5},
                        {fmt::format("  loss {:.4f}", loss), 4},
                        {fmt::format("  {:.1f} steps/s", steps_per_s), 2},
                        {fmt::format("  {:.0f} {}/s", items_per_s, unit), 1},
                        {fmt::format("  {} left", left), 3}};
  std::size_t used = 0;
  int least = 6;  // what is as important is shown
  for (int importance = 5; importance > 0; --importance)
    for (const Part& part : parts)
      if (part.importance == importance && least == importance + 1 &&
          used + part.text.size() <= columns) {
        used += part.text.size();
        least = importance;
      }
  std::string text;
  for (const Part& part : parts)
    if (part.importance >= least) text += part.text;
  if (text.empty()) return parts[0].text.substr(0, columns);
  // The bar takes what is left, if that is worth it.
  constexpr std::size_t widest = 24, narrowest = 8, frame = 3;
  const std::size_t room = columns - used;
  if (least > 1 || room < narrowest + frame) return text;
  const std::size_t width = std::min(widest, room - frame);
  const std::size_t filled = std::min(
      width, static_cast<std::size_t>(static_cast<double>(width) * static_cast<double>(done) /
                                      static_cast<double>(std::max<std::int64_t>(steps, 1))));
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "] " + text;
}

Progress::Progress(std::int64_t first, std::int64_t steps, double items, const char* unit,
                   bool json, const std::filesystem::path& log, bool append)
    : first_(first),
      steps_(steps),
      items_(items),
      unit_(unit),
      json_(json),
      log_path_(log),
      terminal_(is_terminal()) {
  if (log.empty()) return;
  if (append) forget_steps_from(first, log);
  log_ = std::fopen(log.c_str(), append ? "a" : "w");
  if (log_ == nullptr)
    throw WriteError(fmt::format("cannot write {}: {}", log.string(), std::strerror(errno)));
}

Progress::~Progress() {
  clear_bar();
  if (log_ != nullptr) std::fclose(log_);
}

void Progress::write(const nlohmann::ordered_json& line) {
  const std::string text = io::json_text(line) + "\n";
  if (json_) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    flush_output();
  }
  if (log_ == nullptr) return;
  if (std::fwrite(text.data(), 1, text.size(), log_) != text.size() || std::fflush(log_) != 0)
    throw WriteError(fmt::format("cannot write {}: {}", log_path_.string(), std::strerror(errno)));
}

// Both rates are of time spent in steps: evaluations and checkpoints do not count.
void Progress::step(const StepReport& r) {
  const double rate = 1 / std::max(r.seconds, 1e-9);
  write({{"step", r.step},
         {"loss", r.loss},
         {"lr", r.lr},
         {"grad_norm", r.grad_norm},
         {"steps_per_s", rate},
         {fmt::format("{}_per_s", unit_), items_ * rate}});
  seconds_ += r.seconds;
  ++count_;
  draw(r);
}

void Progress::draw(const StepReport& r) {
  const std::int64_t done = r.step + 1;
  const auto now = Clock::now();
  const std::int64_t every = std::max<std::int64_t>(1, steps_ / 20);
  const bool due =
      terminal_ ? now - last_drawn_ >= std::chrono::milliseconds(100) : !json_ && done % every == 0;
  if (!due && (done != steps_ || (json_ && !terminal_))) return;
  const double rate = static_cast<double>(count_) / std::max(seconds_, 1e-9);
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double left =
      elapsed / static_cast<double>(done - first_) * static_cast<double>(steps_ - done);
  const ProgressLine line{done, steps_, r.loss, rate, items_ * rate, unit_, duration(left)};
  seconds_ = 0;
  count_ = 0;
  if (!terminal_) {
    tell(line.plain());
    return;
  }
  last_drawn_ = now;
  // A full line would wrap, and what has wrapped is not cleared by a carriage return.
  tell_part("\r\x1b[K" + line.fitted(terminal_columns() - 1));
  bar_shown_ = true;
}

void Progress::clear_bar() {
  if (bar_shown_) tell_part("\r\x1b[K");
  bar_shown_ = false;
}

void Progress::evaluation(std::int64_t step, double train_loss, double val_loss,
                          std::optional<double> accuracy) {
  clear_bar();
  nlohmann::ordered_json line{{"step", step}, {"train_loss", train_loss}, {"val_loss", val_loss}};
  if (accuracy) line["val_accuracy"] = *accuracy;
  write(line);
  if (json_) return;
  fmt::print("step {:>6}  train loss {:.4f}  val loss {:.4f}{}\n", step, train_loss, val_loss,
             accuracy ? fmt::format("  val accuracy {:.1f} %", 100 * *accuracy) : "");
  flush_output();
}

void Progress::done(nlohmann::ordered_json summary, const std::string& text) {
  clear_bar();
  summary["done"] = true;
  write(summary);
  if (!json_) fmt::print("{}\n", text);
}

}  // namespace asg::cli
