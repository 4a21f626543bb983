// A training run from its first step, or the one after a checkpoint, to its end.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include <asg/runtime/device.hpp>

#include "cli/command.hpp"
#include "cli/run_folder.hpp"
#include "cli/task.hpp"
#include "cli/training.hpp"

namespace asg::cli {

/// What asg train is told.
struct TrainFlags {
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

/// Trains to the last step, or until the run is asked to stop, and saves what was learned, also
/// where an error ends the run. Without a folder nothing is saved.
/// Returns  exit_done, or exit_interrupted.
/// Errors   DeviceError when the program does not fit into memory; Error when the loss diverges;
///          what reading, running and saving throw.
[[nodiscard]] int run_training(const TrainFlags& flags, const Task& task, const Device& device,
                               RunFolder* folder);

}  // namespace asg::cli
