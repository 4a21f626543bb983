// How a training run shows itself: a bar on a terminal, plain lines elsewhere, JSON when asked.
#pragma once
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace asg::cli {

struct StepReport {
  std::int64_t step = 0;
  double loss = 0, lr = 0, grad_norm = 0;
  double seconds = 0;  ///< from the making of its batch to its loss
};

/// What a run shows of itself in one line.
struct ProgressLine {
  std::int64_t done = 0, steps = 0;
  double loss = 0, steps_per_s = 0, items_per_s = 0;
  const char* unit = "";
  std::string left;  ///< time

  /// Without a bar, for files.
  [[nodiscard]] std::string plain() const;
  /// In at most that many columns: with a bar where there is room for it, and without the less
  /// important numbers where there is no room for them.
  [[nodiscard]] std::string fitted(std::size_t columns) const;
};

class Progress {
 public:
  /// A step has `items` of what `unit` says. A log gets the JSON lines, too; it is begun anew
  /// unless the run goes on with an earlier one, of which it keeps the steps before `first`.
  /// Errors   WriteError when the log cannot be opened.
  Progress(std::int64_t first, std::int64_t steps, double items, const char* unit, bool json,
           const std::filesystem::path& log, bool append);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void step(const StepReport& report);
  void evaluation(std::int64_t step, double train_loss, double val_loss,
                  std::optional<double> accuracy);
  /// Takes the bar off the terminal, before something else is told there.
  void clear_bar();
  void done(nlohmann::ordered_json summary, const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  void write(const nlohmann::ordered_json& line);
  void draw(const StepReport& report);

  std::int64_t first_, steps_;
  double items_;
  const char* unit_;
  bool json_;
  std::filesystem::path log_path_;
  bool terminal_;
  bool bar_shown_ = false;
  std::FILE* log_ = nullptr;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_drawn_{};
  double seconds_ = 0;  // of the steps since a line was shown
  std::int64_t count_ = 0;
};

}  // namespace asg::cli
