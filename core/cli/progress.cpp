#include "progress.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include <asg/graph/error.hpp>
#include "io/json.hpp"

#include "command.hpp"

namespace asg::cli {
namespace {

bool is_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::strcmp(term, "dumb") != 0;
}

std::string duration(double seconds) {
  const auto s = static_cast<long long>(seconds + 0.5);
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

}  // namespace

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
  const std::string text = fmt::format("step {}/{}  loss {:.4f}  {:.1f} steps/s  {:.0f} {}/s", done,
                                       steps_, r.loss, rate, items_ * rate, unit_);
  seconds_ = 0;
  count_ = 0;
  if (!terminal_) {
    fmt::print(stderr, "{}\n", text);
    return;
  }
  last_drawn_ = now;
  constexpr std::int64_t width = 24;
  const std::int64_t filled = width * done / steps_;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  fmt::print(
      stderr, "\r\x1b[K[{}{}] {}  {} left", std::string(static_cast<std::size_t>(filled), '#'),
      std::string(static_cast<std::size_t>(width - filled), '.'), text,
      duration(elapsed / static_cast<double>(done - first_) * static_cast<double>(steps_ - done)));
  std::fflush(stderr);
  bar_shown_ = true;
}

void Progress::clear_bar() {
  if (bar_shown_) fmt::print(stderr, "\r\x1b[K");
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
