// asg train: trains one of the known models and saves it.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include <asg/io/file.hpp>
#include <asg/nn/initialize.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/optim/schedule.hpp>
#include <asg/runtime/compile.hpp>
#include <asg/runtime/profile_trace.hpp>

#include "batches.hpp"
#include "command.hpp"
#include "memory.hpp"
#include "model.hpp"
#include "progress.hpp"
#include "save.hpp"
#include "training.hpp"

namespace asg::cli {
namespace {

struct Flags {
  ModelFlags model;
  OptimizerFlags optimizer;
  DeviceFlags device;
  std::vector<std::filesystem::path> data;
  std::int64_t steps = 1000, warmup = 0, eval_every = 250, eval_iters = 20, checkpoint_every = 0,
               keep = 0;
  double lr = 1e-3, min_lr = -1;
  std::uint64_t seed = 1;
  std::filesystem::path out, log, trace;
  bool resume = false, json = false;
};

std::atomic<bool> interrupted{false};

// The first Ctrl-C asks the loop to save and stop; the second ends the program at once.
void stop_at_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
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
  Training(Flags& flags, const Device& device)
      : flags_(flags),
        device_(device),
        batches_(make_batches()),
        state_(device),
        step_(device, training_step(flags_.optimizer, model_, flags_.json || !flags_.log.empty()),
              {.name = "training step"}),
        evaluate_(evaluation(model_, device)) {}

  int run() {
    std::int64_t first = 0;
    if (!flags_.trace.empty()) trace_.emplace(flags_.trace);
    state_ = initialize(*model_.module, device_, flags_.seed);
    if (flags_.resume) first = load_training(flags_.out, *model_.module, model_.config, state_);
    if (!flags_.json) {
      fmt::print("{} with {} parameters on {} ({})\n", flags_.model.model, model_.module->numel(),
                 device_.backend_name(), device_.description().name);
      flush_output();  // before lines on stderr
    }
    program_ = step_.specialize(training_types(model_, flags_.model.element()));
    check_program(program_.program(), device_);
    Progress progress(first, flags_.steps, model_.items, model_.unit, flags_.json, flags_.log,
                      flags_.resume);
    const optim::WarmupCosine schedule{flags_.lr, flags_.min_lr < 0 ? flags_.lr : flags_.min_lr,
                                       flags_.warmup, flags_.steps};
    stop_at_interrupt();  // not before: until here there is nothing to save
    std::int64_t step = first;
    double loss = std::nan("");
    for (; step < flags_.steps && !interrupted; ++step) {
      if (flags_.eval_every > 0 && step % flags_.eval_every == 0) report(progress, step);
      const auto begin = std::chrono::steady_clock::now();
      const double lr = schedule(step);
      const auto outputs = run_step(step, lr);
      loss = outputs[0].item<double>();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      // Without one nobody asked for it.
      const double norm = outputs.size() > 1 ? outputs[1].item<double>() : 0;
      progress.step({step, loss, lr, norm, took.count()});
      if (!std::isfinite(loss))
        throw Error(fmt::format(
            "the loss became {} at step {}; nothing was saved after that. A lower --lr, "
            "--warmup or --clip 1 may help",
            loss, step));
      if (flags_.checkpoint_every > 0 && (step + 1) % flags_.checkpoint_every == 0) save(step + 1);
    }
    if (trace_) trace_->finish();
    save(step);
    if (interrupted) {
      fmt::print(stderr, "asg: interrupted at step {}{}\n", step,
                 flags_.out.empty() ? "" : fmt::format("; saved to {}", flags_.out.string()));
      return exit_interrupted;
    }
    finish(progress, step, loss);
    return exit_done;
  }

 private:
  std::vector<Array> run_step(std::int64_t step, double lr) {
    std::vector<Array> inputs;
    for (const Argument& argument : batches_(Split::train, step))
      inputs.push_back(argument.array());
    inputs.push_back(flags_.model.element() == f64 ? Array(lr) : Array(static_cast<float>(lr)));
    if (!trace_) return program_.run(state_, inputs);
    std::vector<StepTime> times;
    const auto begin = ProfileTrace::Clock::now();
    auto outputs = program_.profile(state_, inputs, times);
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
  }

  // Numbered by the step, so that a resumed run evaluates on the batches it would have had.
  Evaluation mean_over(Split split, std::int64_t step) {
    Evaluation result;
    double right = 0;
    for (std::int64_t i = 0; i < flags_.eval_iters; ++i) {
      const auto outputs = evaluate_.call(state_, batches_(split, step * flags_.eval_iters + i));
      result.loss += outputs[0].item<double>() / static_cast<double>(flags_.eval_iters);
      if (outputs.size() > 1) right += outputs[1].item<double>();
      if (outputs.size() > 1) result.accuracy = right / static_cast<double>(i + 1);
    }
    return result;
  }

  double report(Progress& progress, std::int64_t step) {
    const Evaluation train = mean_over(Split::train_evaluation, step);
    const Evaluation validation = mean_over(Split::validation, step);
    progress.evaluation(step, train.loss, validation.loss, validation.accuracy);
    return validation.loss;
  }

  void save(std::int64_t step) {
    if (flags_.out.empty()) return;
    save_run(flags_.out, state_, *model_.module, model_.config, step);
    if (flags_.keep > 0) keep_checkpoints(flags_.out, step, flags_.keep);
  }

  void finish(Progress& progress, std::int64_t step, double loss) {
    nlohmann::ordered_json summary{{"step", step}};
    if (std::isfinite(loss)) summary["loss"] = loss;  // no step is left to a run that was complete
    if (flags_.eval_every > 0) summary["val_loss"] = report(progress, step);
    if (!flags_.out.empty()) summary["out"] = flags_.out.string();
    progress.done(summary, flags_.out.empty() ? fmt::format("done after {} steps", step)
                                              : fmt::format("done after {} steps; saved to {}",
                                                            step, flags_.out.string()));
  }

  Flags& flags_;
  Device device_;
  Model model_;
  Batches batches_;
  State state_;
  Function step_;
  CompiledGraph program_;  // of step_, for the types of a batch
  Function evaluate_;
  std::optional<ProfileTrace> trace_;
};

int train(Flags& flags) {
  if (!std::isfinite(flags.lr) || flags.lr <= 0)
    throw UsageError(fmt::format("--lr {} must be a positive number", flags.lr));
  if (flags.resume && flags.out.empty())
    throw UsageError("--resume needs --out, the folder to go on from");
  if (flags.keep > 0 && flags.out.empty())
    throw UsageError("--keep needs --out, the folder that the checkpoints are in");
  // A run must not find out at its end that it cannot be saved.
  if (!flags.out.empty() && !flags.resume) io::make_directory(flags.out);
  if (!flags.out.empty() && ::access(flags.out.c_str(), W_OK | X_OK) != 0 && errno != ENOENT)
    throw WriteError(
        fmt::format("cannot write to {}: {}", flags.out.string(), std::strerror(errno)));
  const Device device = flags.device.open();
  return Training(flags, device).run();
}

}  // namespace

void add_train(CLI::App& app, Chosen& chosen) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("train", "train a model");
  flags->model.add(*command);
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
  command->add_option("--out", flags->out, "save weights, configuration and training state here")
      ->type_name("DIR");
  count("--checkpoint-every", flags->checkpoint_every,
        "save also every N steps; 0: at the end only");
  count("--keep", flags->keep,
        "keep the newest N of what was saved in DIR/checkpoints; 0: DIR itself only");
  command->add_flag("--resume", flags->resume, "go on from what --out holds");
  command->add_option("--log", flags->log, "write a JSON line for each step here")
      ->type_name("FILE.jsonl");
  command
      ->add_option("--trace", flags->trace,
                   "time every kernel, and write it here for chrome://tracing or Perfetto")
      ->type_name("FILE.json");
  command->add_flag("--json", flags->json, "print JSON lines");
  flags->device.add(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return train(*flags); }; });
}

}  // namespace asg::cli
