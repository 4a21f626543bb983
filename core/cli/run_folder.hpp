// The folder of a training run on the disk: who may write it, and how what is saved gets there.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace asg::cli {

/// A run's folder, taken by this process for as long as the object lives.
///
///     DIR/checkpoints/STEP/   what was saved at that step
///     DIR/latest              a link to the newest of these
///     DIR/model.safetensors   links to its files, below names that never change;
///     ...                     so have config.json and training.safetensors
///
/// A checkpoint is written under another name, flushed to the disk and renamed. The link `latest`
/// is replaced then, the one change by which all three names lead to the new step. Whenever the
/// process or the machine ends, what the names lead to is whole and of one step.
class RunFolder {
 public:
  /// Makes the folder if it is missing; `made` says that it was made for this already.
  /// Errors   WriteError when it cannot be made or written, holds links or files where folders
  ///          belong, or another process has taken it.
  explicit RunFolder(std::filesystem::path directory, bool made = false);
  /// runs/NAME-1, or the first number that is free.
  [[nodiscard]] static std::unique_ptr<RunFolder> next(const std::string& name);
  /// Removes a folder that the constructor made and that nothing was saved to.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return directory_; }
  /// Whether something was saved here: by asg, or what has one of its names.
  [[nodiscard]] bool holds_run() const;

  /// Publishes as checkpoint of `step` what `write` puts into the folder it gets: config.json,
  /// model.safetensors and training.safetensors. Then removes all checkpoints but the newest
  /// `keep`; nothing that is no checkpoint, and nothing through a link.
  /// Errors   WriteError, or what `write` throws; the checkpoints of before stay.
  void publish(std::int64_t step, std::int64_t keep,
               const std::function<void(const std::filesystem::path&)>& write);

 private:
  void take();
  void put_in_place(std::int64_t step) const;
  void lead_to(std::int64_t step) const;
  void remove_all_but(std::int64_t step, std::int64_t keep) const;

  std::filesystem::path directory_, checkpoints_;
  bool made_ = false;
  int descriptor_ = -1;  // of the folder; holds the lock
};

}  // namespace asg::cli
