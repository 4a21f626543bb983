// asg train: trains one of the known models and saves it.
#include <chrono>
#include <cmath>
#include <memory>
#include <set>

#include <fmt/format.h>

#include <asg/nn/initialize.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/optim/schedule.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/compile.hpp>
#include <asg/runtime/log.hpp>
#include <asg/runtime/profile_trace.hpp>

#include "cli/batches.hpp"
#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/fits.hpp"
#include "cli/model.hpp"
#include "cli/progress.hpp"
#include "cli/recorded.hpp"
#include "cli/run_folder.hpp"
#include "cli/save.hpp"
#include "cli/stopping.hpp"
#include "cli/training.hpp"

namespace asg::cli {
namespace {

struct Flags {
  ModelFlags model;
  OptimizerFlags optimizer;
  DeviceFlags device;
  std::vector<std::filesystem::path> data;
  std::int64_t steps = 1000, warmup = 0, eval_every = 250, eval_iters = 20, checkpoint_every = 0,
               keep = 1;
  double lr = 1e-3, min_lr = -1;
  std::uint64_t seed = 1;
  std::filesystem::path out, log, trace;
  bool resume = false, overwrite = false, no_save = false, json = false;
};

CLI::Validator absolute_path() {
  return {[](std::string& text) -> std::string {
            std::error_code error;
            const auto path = std::filesystem::absolute(text, error);
            if (!error) text = path.string();
            return {};
          },
          "", "absolute"};
}

// The loss, and for classifiers how many of a batch were right.
Function evaluation(const Model& model, const Device& device) {
  const auto build = [&model](Graph&, const Tensors& in) -> Tensors {
    Tensors result{model.loss(in)};
    if (std::string_view(model.unit) == "images")
      result.push_back(mean(cast(eq(argmax(model.predict(in[0]), -1), in[1]), f32)));
    return result;
  };
  return Function(device, build, {.name = "evaluation"});
}

struct Evaluation {
  double loss = 0;
  std::optional<double> accuracy;
};

class Training {
 public:
  /// `folder` is where the run is saved; a null one loses it.
  Training(Flags& flags, const CLI::App& command, const Device& device, RunFolder* folder)
      : flags_(flags),
        command_(command),
        device_(device),
        folder_(folder),
        batches_(make_batches()),
        state_(device),
        step_(device, training_step(flags_.optimizer, model_, flags_.json || !flags_.log.empty()),
              {.name = "training step"}),
        evaluate_(evaluation(model_, device)),
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

  std::vector<Array> run_step(std::int64_t step, double lr) {
    std::vector<Array> inputs;
    for (const Argument& argument : batches_(Split::train, step))
      inputs.push_back(argument.array());
    inputs.push_back(flags_.model.element() == f64 ? Array(lr) : Array(static_cast<float>(lr)));
    if (!trace_) {
      auto outputs = program_.run(state_, inputs);
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

  // The model of a text needs to know its vocabulary, and the noise how the model takes it.
  Batches make_batches() {
    ModelFlags& flags = flags_.model;
    if (flags.model == "gpt") {
      TextBatches text = text_batches(flags_.data, flags, flags_.seed);
      flags.vocab = std::ssize(text.vocabulary);
      if (!flags_.json)
        fmt::print("{} characters, vocabulary {}, {} to train on, {} to validate\n",
                   text.training + text.validation, flags.vocab, text.training, text.validation);
      make_fitting_model();
      model_.config["vocabulary"] = vocabulary_to_json(text.vocabulary);
      return text.batches;
    }
    make_fitting_model();
    if (model_.inputs.size() > 1) return image_batches(flags_.data, flags, flags_.seed);
    if (!flags_.data.empty()) throw UsageError("--data: this model is trained on noise");
    return noise_batches(model_.inputs[0], flags_.seed);
  }

  void make_fitting_model() {
    check_state(flags_.model, device_, flags_.optimizer.copies());
    model_ = make_model(flags_.model);
    auto options = given_options(command_, model_.config);
    model_.config["options"] = std::move(options);
  }

  // Numbered by the step, so that a resumed run evaluates on the batches it would have had. Nothing
  // when the run is asked to stop: an evaluation may take longer than whoever asks will wait.
  std::optional<Evaluation> mean_over(Split split) {
    Evaluation result;
    double right = 0;
    for (std::int64_t i = 0; i < flags_.eval_iters; ++i) {
      if (stop_requested()) return {};
      const auto outputs = evaluate_.call(state_, batches_(split, done_ * flags_.eval_iters + i));
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

  Flags& flags_;
  const CLI::App& command_;
  Device device_;
  RunFolder* folder_;
  Model model_;
  Batches batches_;
  State state_;
  Function step_;
  CompiledGraph program_;  // of step_, for the types of a batch
  Function evaluate_;
  optim::WarmupCosine schedule_;
  std::optional<ProfileTrace> trace_;
  std::int64_t done_ = 0;    // steps
  std::int64_t saved_ = -1;  // how many of them the folder holds; -1: nothing of this run
  double loss_ = std::nan("");
  bool diverged_ = false, cannot_save_ = false;
};

std::unique_ptr<RunFolder> folder_of(const Flags& flags) {
  if (flags.no_save) return nullptr;
  if (flags.out.empty()) return RunFolder::next(flags.model.model);
  // A folder that is not there is missed where it is read from, and is not made.
  if (flags.resume) static_cast<void>(load_config(flags.out));
  auto folder = std::make_unique<RunFolder>(flags.out);
  if (!flags.resume && !flags.overwrite && folder->holds_run())
    throw UsageError(
        fmt::format("--out {}: it holds a run already; go on with it by --resume, replace it by "
                    "--overwrite, or name another folder",
                    flags.out.string()));
  return folder;
}

// A run goes on with another seed or rate when that is asked for, but not in silence.
void tell_changes(const std::vector<Changed>& changes, const std::string& file) {
  static const std::set<std::string> usual = {"--steps", "--keep", "--eval-every", "--eval-iters",
                                              "--checkpoint-every"};
  const auto positive = [](const std::string& text) {
    double number = 0;
    return CLI::detail::lexical_cast(text, number) && number > 0;
  };
  for (const auto& [name, was, now] : changes) {
    if (name == "--optimizer" || (name == "--momentum" && positive(was) != positive(now)))
      throw UsageError(
          fmt::format("--resume: {} {} cannot go on with the state of {} {}, of which {} is", name,
                      now, name, was, file));
    if (usual.count(name) == 0)
      log_message(LogLevel::warn, "train",
                  fmt::format("{} is {} from here on; until here it was {}", name, now,
                              was.empty() ? "not given" : was));
  }
}

void check_flags(const Flags& flags, bool keeps) {
  const auto needs_out = [&](bool given, const char* name, const char* what) {
    if (given && flags.out.empty()) throw UsageError(fmt::format("{} needs --out, {}", name, what));
  };
  needs_out(flags.resume, "--resume", "the folder to go on from");
  needs_out(keeps, "--keep", "the folder that the checkpoints are in");
  needs_out(flags.overwrite, "--overwrite", "the folder to replace");
  if (flags.resume && flags.overwrite)
    throw UsageError("--resume goes on with a run, --overwrite replaces it: one of them");
  if (flags.no_save && !flags.out.empty())
    throw UsageError("--no-save saves nothing, --out says where to: one of them");
}

int train(Flags& flags, CLI::App& command) {
  ignore_broken_pipes();
  check_flags(flags, command.count("--keep") > 0);
  if (!flags.resume && flags.model.model.empty()) throw UsageError("--model is required");
  const auto folder = folder_of(flags);
  if (flags.resume) {
    const auto file = flags.out / "config.json";
    const auto config = load_config(flags.out);
    static_cast<void>(flags_from_config(config, file.string()));
    tell_changes(take_recorded(command, config, file.string()), file.string());
  }
  if (!std::isfinite(flags.lr) || flags.lr <= 0)
    throw UsageError(fmt::format("--lr {} must be a positive number", flags.lr));
  const Device device = flags.device.open();
  return Training(flags, command, device, folder.get()).run();
}

}  // namespace

void add_train(CLI::App& app, Chosen& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("train", "train a model");
  flags->model.add(*command);
  command->get_option("--model")->required(false);  // a run that goes on has it
  const auto count = [&](const char* name, std::int64_t& value, const char* text,
                         std::uint64_t least = 0) {
    return command->add_option(name, value, text)
        ->transform(whole(least, most_of_a_size))
        ->capture_default_str()
        ->type_name("N");
  };
  command
      ->add_option(
          "--data", flags->data,
          "gpt: text files or folders (default: /usr/share/common-licenses); mlp, cnn: a folder of "
          "MNIST's files (default: drawn digits)")
      ->transform(absolute_path())  // a run may go on from another folder
      ->type_name("PATH")
      ->take_all();
  count("--steps", flags->steps, "training steps");
  command->add_option("--lr", flags->lr, "learning rate")->capture_default_str()->type_name("X");
  flags->optimizer.add(*command);
  count("--warmup", flags->warmup, "steps of linear warm-up");
  command
      ->add_option("--min-lr", flags->min_lr,
                   "where the cosine ends (default: --lr, a constant rate)")
      ->check(finite())
      ->type_name("X");
  count("--eval-every", flags->eval_every, "steps between evaluations; 0: none");
  count("--eval-iters", flags->eval_iters, "random batches of an evaluation", 1);
  command->add_option("--seed", flags->seed, "of weights, batches and dropout")
      ->transform(whole(0, most_of_a_seed))
      ->capture_default_str();
  count("--checkpoint-every", flags->checkpoint_every,
        "save also every N steps; 0: at the end only");
  count("--keep", flags->keep, "checkpoints that stay in DIR/checkpoints, the newest ones");
  command->option_defaults()->group(not_of_the_run);
  command
      ->add_option("--out", flags->out,
                   "save weights, configuration and training state here (default: runs/MODEL-N)")
      ->type_name("DIR");
  command->add_flag("--resume", flags->resume,
                    "go on from what --out holds, with its options but for those given");
  command->add_flag("--overwrite", flags->overwrite, "replace the run that --out holds");
  command->add_flag("--no-save", flags->no_save, "save nothing");
  command->add_option("--log", flags->log, "write a JSON line for each step here")
      ->type_name("FILE.jsonl");
  command
      ->add_option("--trace", flags->trace,
                   "time every kernel, and write it here for chrome://tracing or Perfetto")
      ->type_name("FILE.json");
  command->add_flag("--json", flags->json, "print JSON lines");
  flags->device.add(*command);
  command->callback(
      [flags, command, &chosen] { chosen = [flags, command] { return train(*flags, *command); }; });
}

}  // namespace asg::cli
