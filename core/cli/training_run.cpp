#include "cli/training_run.hpp"

#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <asg/nn/initialize.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/optim/schedule.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/compile.hpp>
#include <asg/runtime/profile_trace.hpp>

#include "cli/fits.hpp"
#include "cli/progress.hpp"
#include "cli/save.hpp"
#include "cli/stopping.hpp"

namespace asg::cli {
namespace {

// The loss, and for classifiers how many of a batch were right.
Function evaluation(const Model& model, const Device& device) {
  const bool classifies = std::string_view(model.unit) == "images";
  const auto build = [loss = model.loss, predict = model.predict, classifies](
                         Graph&, const Tensors& in) -> Tensors {
    Tensors result{loss(in)};
    if (classifies) result.push_back(mean(cast(eq(argmax(predict(in[0]), -1), in[1]), f32)));
    return result;
  };
  return Function(device, build, {.name = "evaluation"});
}

struct Evaluation {
  double loss = 0;
  std::optional<double> accuracy;
};

// Refers to what it is made of, which its one user holds as long. No member is made of another.
class TrainingRun {
 public:
  TrainingRun(const TrainFlags& flags, const Task& task, const Device& device, RunFolder* folder)
      : flags_(flags),
        model_(task.model),
        task_(task),
        device_(device),
        folder_(folder),
        state_(device),
        step_(device, training_step(flags.optimizer, task.model, flags.json || !flags.log.empty()),
              {.name = "training step"}),
        evaluate_(evaluation(task.model, device)),
        schedule_{flags.lr, flags.min_lr < 0 ? flags.lr : flags.min_lr, flags.warmup, flags.steps} {
  }

  int run() {
    if (!flags_.trace.empty()) trace_.emplace(flags_.trace);
    introduce();
    program_ = step_.specialize(training_types(model_, flags_.model.element()));
    check_program(program_.program(), device_);
    state_ = initialize(*model_.module, device_, flags_.seed);
    begin_with_zeros();
    if (flags_.resume)
      saved_ = done_ = load_training(flags_.out, *model_.module, model_.config, state_);
    Progress progress(done_, flags_.steps, model_.items, model_.unit, flags_.json, flags_.log,
                      flags_.resume);
    // Not before: until here there is nothing to save.
    stop_at_signals();
    try {
      return train(progress);
    } catch (...) {
      progress.clear_bar();
      rescue();
      throw;
    }
  }

 private:
  void introduce() const {
    if (flags_.json) return;
    if (!task_.about.empty()) fmt::print("{}\n", task_.about);
    fmt::print("{} with {} parameters on {} ({})\n", flags_.model.model, model_.module->numel(),
               device_.backend_name(), device_.description().name);
    if (flags_.out.empty() && folder_ != nullptr)
      fmt::print("will be saved to {}; --out names another folder\n", folder_->path().string());
    flush_output();  // before lines on stderr
  }

  // What the optimizer keeps is there before the first step, so that every checkpoint is complete.
  void begin_with_zeros() {
    for (const Slot& slot : program_.program().slots)
      if (slot.role == ASG_SLOT_STATE && !state_.has(slot.name))
        state_.set(slot.name, Array::zeros(slot.type.dtype, slot.type.shape));
  }

  int train(Progress& progress) {
    while (done_ < flags_.steps && !stop_requested()) {
      if (flags_.eval_every > 0 && done_ % flags_.eval_every == 0) report(progress);
      if (stop_requested()) break;
      step(progress);
      if (flags_.checkpoint_every > 0 && done_ % flags_.checkpoint_every == 0) save();
    }
    if (trace_) trace_->finish();
    save();
    if (!stop_requested()) finish(progress);
    if (!stop_requested()) return exit_done;
    progress.clear_bar();
    tell(fmt::format(
        "asg: interrupted at step {}{}", done_,
        folder_ == nullptr ? "; nothing was saved" : "; saved to " + folder_->path().string()));
    return exit_interrupted;
  }

  void step(Progress& progress) {
    const std::int64_t index = done_;
    const auto begin = std::chrono::steady_clock::now();
    const double lr = schedule_(index);
    const auto outputs = run_step(index, lr);
    loss_ = outputs[0].item<double>();
    diverged_ = !std::isfinite(loss_);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    // Without one nobody asked for it.
    const double norm = outputs.size() > 1 ? outputs[1].item<double>() : 0;
    progress.step({index, loss_, lr, norm, took.count()});
    if (diverged_)
      throw Error(
          fmt::format("the loss became {} at step {}; nothing was saved after that. A lower --lr, "
                      "--warmup or --clip 1 may help",
                      loss_, index));
  }

  std::vector<Array> batch_of(std::int64_t step) const {
    std::vector<Array> batch;
    for (const Argument& argument : task_.batches(Split::train, step))
      batch.push_back(argument.array());
    return batch;
  }

  // While the device computes. What is wrong with that batch is said when its turn comes.
  void prepare_batch(std::int64_t step) noexcept {
    try {
      if (step < flags_.steps) next_batch_ = batch_of(step);
    } catch (...) {
      next_batch_.clear();
    }
  }

  std::vector<Array> run_step(std::int64_t step, double lr) {
    std::vector<Array> inputs = std::exchange(next_batch_, {});
    if (inputs.empty()) inputs = batch_of(step);
    inputs.push_back(flags_.model.element() == f64 ? Array(lr) : Array(static_cast<float>(lr)));
    if (!trace_) {
      PendingRun run = program_.submit(state_, inputs);
      prepare_batch(step + 1);
      auto outputs = run.get();
      ++done_;
      return outputs;
    }
    std::vector<StepTime> times;
    const auto begin = ProfileTrace::Clock::now();
    auto outputs = program_.profile(state_, inputs, times);
    ++done_;
    trace_->add(fmt::format("training step {}", step), program_.program(), times, begin,
                ProfileTrace::Clock::now());
    return outputs;
  }

  // Numbered by the step, so that a resumed run evaluates on the batches it would have had. Nothing
  // when the run is asked to stop: an evaluation may take longer than whoever asks will wait.
  std::optional<Evaluation> mean_over(Split split) {
    Evaluation result;
    double right = 0;
    for (std::int64_t i = 0; i < flags_.eval_iters; ++i) {
      if (stop_requested()) return {};
      const auto outputs =
          evaluate_.call(state_, task_.batches(split, done_ * flags_.eval_iters + i));
      result.loss += outputs[0].item<double>() / static_cast<double>(flags_.eval_iters);
      if (outputs.size() > 1) right += outputs[1].item<double>();
      if (outputs.size() > 1) result.accuracy = right / static_cast<double>(i + 1);
    }
    return result;
  }

  std::optional<double> report(Progress& progress) {
    const auto train = mean_over(Split::train_evaluation);
    const auto validation = mean_over(Split::validation);
    if (!train || !validation) return {};
    progress.evaluation(done_, train->loss, validation->loss, validation->accuracy);
    return validation->loss;
  }

  void save() {
    if (folder_ == nullptr || saved_ == done_) return;
    cannot_save_ = true;
    // Of a run that this one replaces nothing is kept.
    const bool replaces = flags_.overwrite && saved_ < 0;
    save_run(*folder_, state_, *model_.module, model_.config, done_, replaces ? 1 : flags_.keep);
    cannot_save_ = false;
    saved_ = done_;
  }

  // An error that ends the run does not take with it what was learned before.
  void rescue() noexcept {
    if (folder_ == nullptr) return;
    try {
      const std::string folder = folder_->path().string();
      std::string why;
      try {
        if (done_ > 0 && !diverged_ && !cannot_save_) save();
      } catch (const std::exception& error) {
        why = fmt::format(" ({})", error.what());
      }
      if (saved_ == done_)
        tell(fmt::format("asg: stopped after {} steps; saved to {}", done_, folder));
      else
        tell(fmt::format("asg: stopped after {} steps, which could not be saved{}; {}", done_, why,
                         saved_ < 0 ? "nothing was saved before"
                                    : fmt::format("{} holds step {}", folder, saved_)));
    } catch (...) {
      tell("asg: the run could not be saved");
    }
  }

  void finish(Progress& progress) {
    nlohmann::ordered_json summary{{"step", done_}};
    if (std::isfinite(loss_)) summary["loss"] = loss_;  // a run that was complete had no step left
    if (flags_.eval_every > 0) {
      const auto loss = report(progress);
      if (!loss) return;
      summary["val_loss"] = *loss;
    }
    std::string text = fmt::format("done after {} steps", done_);
    if (folder_ != nullptr) {
      summary["out"] = folder_->path().string();
      text += "; saved to " + folder_->path().string();
    }
    progress.done(summary, text);
  }

  const TrainFlags& flags_;
  const Model& model_;
  const Task& task_;
  const Device& device_;
  RunFolder* const folder_;
  State state_;
  Function step_;
  CompiledGraph program_;  // of step_, for the types of a batch
  Function evaluate_;
  optim::WarmupCosine schedule_;
  std::optional<ProfileTrace> trace_;
  std::vector<Array> next_batch_;  // of step done_; empty: it is not there yet
  std::int64_t done_ = 0;          // steps
  std::int64_t saved_ = -1;        // how many of them the folder holds; -1: nothing of this run
  double loss_ = std::nan("");
  bool diverged_ = false, cannot_save_ = false;
};

}  // namespace

int run_training(const TrainFlags& flags, const Task& task, const Device& device,
                 RunFolder* folder) {
  return TrainingRun(flags, task, device, folder).run();
}

}  // namespace asg::cli
