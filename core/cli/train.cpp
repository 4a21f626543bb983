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
#include <asg/optim/adamw.hpp>
#include <asg/optim/schedule.hpp>
#include <asg/optim/sgd.hpp>
#include <asg/runtime/compile.hpp>

#include "batches.hpp"
#include "command.hpp"
#include "model.hpp"
#include "progress.hpp"
#include "save.hpp"

namespace asg::cli {
namespace {

struct Flags {
  ModelFlags model;
  DeviceFlags device;
  std::vector<std::filesystem::path> data;
  std::int64_t steps = 1000, warmup = 0, eval_every = 250, eval_iters = 20, checkpoint_every = 0;
  double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, momentum = 0.9, min_lr = -1, clip = 0,
         weight_decay = 0;
  std::string optimizer = "adamw";
  std::uint64_t seed = 1;
  std::filesystem::path out, log;
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

Function training_step(const Flags& flags, const Model& model, const Device& device) {
  const auto build = [&flags, &model](Graph&, const Tensors& in) -> Tensors {
    const Tensor loss = model.loss({in.begin(), in.end() - 1});
    const Tensor lr = in.back();
    const auto clip = flags.clip > 0 ? std::optional(flags.clip) : std::nullopt;
    if (flags.optimizer == "sgd") {
      const optim::SGD sgd{{.momentum = flags.momentum,
                            .weight_decay = flags.weight_decay,
                            .decays = optim::matrices_only,
                            .clip_norm = clip}};
      return {loss, sgd.minimize(loss, lr).grad_norm};
    }
    const optim::AdamW adamw{{.beta1 = flags.beta1,
                              .beta2 = flags.beta2,
                              .weight_decay = flags.weight_decay,
                              .decays = optim::matrices_only,
                              .clip_norm = clip}};
    return {loss, adamw.minimize(loss, lr).grad_norm};
  };
  return Function(device, build, {.name = "training step"});
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
        step_(training_step(flags_, model_, device)),
        evaluate_(evaluation(model_, device)) {}

  int run() {
    std::int64_t first = 0;
    state_ = initialize(*model_.module, device_, flags_.seed);
    if (flags_.resume) first = load_training(flags_.out, *model_.module, model_.config, state_);
    if (!flags_.json) {
      fmt::print("{} with {} parameters on {} ({})\n", flags_.model.model, model_.module->numel(),
                 device_.backend_name(), device_.description().name);
      flush_output();  // before lines on stderr
    }
    Progress progress(first, flags_.steps, model_.unit, flags_.json, flags_.log, flags_.resume);
    const optim::WarmupCosine schedule{flags_.lr, flags_.min_lr < 0 ? flags_.lr : flags_.min_lr,
                                       flags_.warmup, flags_.steps};
    stop_at_interrupt();  // not before: until here there is nothing to save
    std::int64_t step = first;
    double loss = std::nan("");
    for (; step < flags_.steps && !interrupted; ++step) {
      if (flags_.eval_every > 0 && step % flags_.eval_every == 0) report(progress, step);
      const auto begin = std::chrono::steady_clock::now();
      std::vector<Argument> arguments = batches_(Split::train, step);
      const double lr = schedule(step);
      arguments.emplace_back(
          Array(flags_.model.element() == f64 ? Array(lr) : Array(static_cast<float>(lr))));
      const auto outputs = step_.call(state_, arguments);
      loss = outputs[0].item<double>();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      progress.step({step, loss, lr, outputs[1].item<double>(),
                     static_cast<double>(model_.items) / took.count()});
      if (!std::isfinite(loss))
        throw Error(fmt::format(
            "the loss became {} at step {}; nothing was saved after that. A lower --lr, "
            "--warmup or --clip 1 may help",
            loss, step));
      if (flags_.checkpoint_every > 0 && (step + 1) % flags_.checkpoint_every == 0) save(step + 1);
    }
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
  // The model of a text needs to know its vocabulary, and the noise how the model takes it.
  Batches make_batches() {
    ModelFlags& flags = flags_.model;
    if (flags.model == "gpt") {
      TextBatches text = text_batches(flags_.data, flags, flags_.seed);
      flags.vocab = std::ssize(text.vocabulary);
      if (!flags_.json)
        fmt::print("{} characters, vocabulary {}, {} to train on, {} to validate\n",
                   text.training + text.validation, flags.vocab, text.training, text.validation);
      model_ = make_model(flags);
      model_.config["vocabulary"] = vocabulary_to_json(text.vocabulary);
      return text.batches;
    }
    model_ = make_model(flags);
    if (model_.inputs.size() > 1) return image_batches(flags_.data, flags, flags_.seed);
    if (!flags_.data.empty()) throw UsageError("--data: this model is trained on noise");
    return noise_batches(model_.inputs[0], flags_.seed);
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
    if (!flags_.out.empty()) save_run(flags_.out, state_, *model_.module, model_.config, step);
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
  Function evaluate_;
};

int train(Flags& flags) {
  if (!std::isfinite(flags.lr) || flags.lr <= 0)
    throw UsageError(fmt::format("--lr {} must be a positive number", flags.lr));
  if (flags.resume && flags.out.empty())
    throw UsageError("--resume needs --out, the folder to go on from");
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
  const auto whole = [&](const char* name, std::int64_t& value, const char* text) {
    return command->add_option(name, value, text)
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->type_name("N");
  };
  const auto real = [&](const char* name, double& value, const char* text) {
    return command->add_option(name, value, text)
        ->check(finite())
        ->capture_default_str()
        ->type_name("X");
  };
  command
      ->add_option(
          "--data", flags->data,
          "gpt: text files or folders (default: /usr/share/common-licenses); mlp, cnn: a folder of "
          "MNIST's files (default: drawn digits)")
      ->type_name("PATH")
      ->take_all();
  whole("--steps", flags->steps, "training steps");
  command->add_option("--lr", flags->lr, "learning rate")->capture_default_str()->type_name("X");
  command->add_option("--optimizer", flags->optimizer, "adamw or sgd")
      ->check(CLI::IsMember({"adamw", "sgd"}))
      ->capture_default_str();
  real("--beta1", flags->beta1, "adamw: decay of the mean")->check(CLI::Range(0.0, 0.999999));
  real("--beta2", flags->beta2, "adamw: decay of the square")->check(CLI::Range(0.0, 0.999999));
  real("--momentum", flags->momentum, "sgd: momentum")->check(CLI::Range(0.0, 0.999999));
  real("--weight-decay", flags->weight_decay, "of matrices");
  whole("--warmup", flags->warmup, "steps of linear warm-up");
  command
      ->add_option("--min-lr", flags->min_lr,
                   "where the cosine ends (default: --lr, a constant rate)")
      ->check(finite())
      ->type_name("X");
  real("--clip", flags->clip, "largest norm of the gradient; 0: none");
  whole("--eval-every", flags->eval_every, "steps between evaluations; 0: none");
  whole("--eval-iters", flags->eval_iters, "random batches of an evaluation")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
  command->add_option("--seed", flags->seed, "of weights, batches and dropout")
      ->capture_default_str();
  command->add_option("--out", flags->out, "save weights, configuration and training state here")
      ->type_name("DIR");
  whole("--checkpoint-every", flags->checkpoint_every,
        "save also every N steps; 0: at the end only");
  command->add_flag("--resume", flags->resume, "go on from what --out holds");
  command->add_option("--log", flags->log, "write a JSON line for each step here")
      ->type_name("FILE.jsonl");
  command->add_flag("--json", flags->json, "print JSON lines");
  flags->device.add(*command);
  command->callback([flags, &chosen] { chosen = [flags] { return train(*flags); }; });
}

}  // namespace asg::cli
