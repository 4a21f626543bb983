// asg train: trains one of the known models and saves it.
#include <memory>
#include <set>

#include <fmt/format.h>

#include <asg/runtime/log.hpp>

#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/numbers.hpp"
#include "cli/recorded.hpp"
#include "cli/run_folder.hpp"
#include "cli/stopping.hpp"
#include "cli/task.hpp"
#include "cli/training_run.hpp"

namespace asg::cli {
namespace {

CLI::Validator absolute_path() {
  return {[](std::string& text) -> std::string {
            std::error_code error;
            const auto path = std::filesystem::absolute(text, error);
            if (!error) text = path.string();
            return {};
          },
          "", "absolute"};
}

std::unique_ptr<RunFolder> folder_of(const TrainFlags& flags) {
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
  const auto positive = [](const std::string& text) { return number_of(text).value_or(0) > 0; };
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

void check_flags(const TrainFlags& flags, bool keeps) {
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

int train(const TrainFlags& flags, CLI::App& command) {
  ignore_broken_pipes();
  check_flags(flags, command.count("--keep") > 0);
  if (!flags.resume && flags.model.model.empty()) throw UsageError("--model is required");
  const auto folder = folder_of(flags);
  if (flags.resume) {
    const auto file = flags.out / "config.json";
    const auto config = load_config(flags.out);
    static_cast<void>(ModelFlags::from_config(config, file.string()));
    // Through the options of the command, into the flags.
    tell_changes(take_recorded(command, config, file.string()), file.string());
  }
  const Device device = flags.device.open();
  Task task = make_task(flags.model, flags.data, flags.seed, device, flags.optimizer.copies());
  task.model.config["options"] = given_options(command, task.model.config);
  return run_training(flags, task, device, folder.get());
}

}  // namespace

Run add_train(CLI::App& command) {
  auto flags = std::make_shared<TrainFlags>();
  command.description("train a model");
  add_model(command, flags->model);
  command.get_option("--model")->required(false);  // a run that goes on has it
  command
      .add_option(
          "--data", flags->data,
          "gpt: text files or folders (default: /usr/share/common-licenses); mlp, cnn: a folder of "
          "MNIST's files (default: drawn digits)")
      ->transform(absolute_path())  // a run may go on from another folder
      ->type_name("PATH")
      ->take_all();
  add_count(command, "--steps", flags->steps, "training steps", 0);
  add_number(command, "--lr", flags->lr, "learning rate", {.least_fits = false})
      ->capture_default_str();
  flags->optimizer.add(command);
  add_count(command, "--warmup", flags->warmup, "steps of linear warm-up", 0);
  add_number(command, "--min-lr", flags->min_lr,
             "where the cosine ends (default: --lr, a constant rate)");
  add_count(command, "--eval-every", flags->eval_every, "steps between evaluations; 0: none", 0);
  add_count(command, "--eval-iters", flags->eval_iters, "random batches of an evaluation");
  command.add_option("--seed", flags->seed, "of weights, batches and dropout")
      ->transform(whole(0, most_of_a_seed))
      ->capture_default_str();
  add_count(command, "--checkpoint-every", flags->checkpoint_every,
            "save also every N steps; 0: at the end only", 0);
  add_count(command, "--keep", flags->keep,
            "checkpoints that stay in DIR/checkpoints, the newest ones", 0);
  command.option_defaults()->group(not_of_the_run);
  command
      .add_option("--out", flags->out,
                  "save weights, configuration and training state here (default: runs/MODEL-N)")
      ->type_name("DIR");
  command.add_flag("--resume", flags->resume,
                   "go on from what --out holds, with its options but for those given");
  command.add_flag("--overwrite", flags->overwrite, "replace the run that --out holds");
  command.add_flag("--no-save", flags->no_save, "save nothing");
  command.add_option("--log", flags->log, "write a JSON line for each step here")
      ->type_name("FILE.jsonl");
  command
      .add_option("--trace", flags->trace,
                  "time every kernel, and write it here for chrome://tracing or Perfetto")
      ->type_name("FILE.json");
  command.add_flag("--json", flags->json, "print JSON lines");
  flags->device.add(command);
  return [flags, &command] { return train(*flags, command); };
}

}  // namespace asg::cli
