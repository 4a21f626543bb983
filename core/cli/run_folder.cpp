#include "cli/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>
#include <asg/runtime/log.hpp>

namespace asg::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* names[] = {"config.json", "model.safetensors", "training.safetensors"};
constexpr const char* unfinished = ".saving";

[[noreturn]] void fail(const char* what, const fs::path& path, int error) {
  throw WriteError(fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(error)));
}

// What stands at a path, links not followed.
fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type();
}

// A rename is on the disk when its folder is. Some file systems cannot be asked for that.
void sync(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail("open", folder, errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0 && error != EINVAL && error != ENOTSUP) fail("write", folder, error);
}

void move_to(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("write", to, errno);
}

void unlink(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("replace", path, errno);
}

class Listing {
 public:
  // Empty when it is no folder; a link is none.
  explicit Listing(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) return;
    stream_ = ::fdopendir(descriptor);
    if (stream_ == nullptr) ::close(descriptor);
  }
  ~Listing() {
    if (stream_ != nullptr) ::closedir(stream_);
  }
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    if (stream_ == nullptr) return found;
    ::rewinddir(stream_);
    while (const dirent* entry = ::readdir(stream_))
      if (const std::string name = entry->d_name; name != "." && name != "..")
        found.push_back(name);
    return found;
  }
  [[nodiscard]] bool is_file(const std::string& name) const {
    struct stat info {};
    return ::fstatat(::dirfd(stream_), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(info.st_mode);
  }
  void remove(const std::string& name) const { ::unlinkat(::dirfd(stream_), name.c_str(), 0); }

 private:
  DIR* stream_ = nullptr;
};

// The three files and nothing else.
bool is_checkpoint(const fs::path& folder) {
  if (type_of(folder) != fs::file_type::directory) return false;
  const Listing listing(folder);
  auto found = listing.names();
  std::sort(found.begin(), found.end());
  return std::equal(found.begin(), found.end(), std::begin(names), std::end(names)) &&
         std::all_of(found.begin(), found.end(),
                     [&](const std::string& name) { return listing.is_file(name); });
}

// A number as std::to_string writes it.
std::optional<std::int64_t> step_of(const std::string& name) {
  std::int64_t step = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
  if (error != std::errc{} || step < 0 || std::to_string(step) != name) return {};
  return step;
}

// Of a checkpoint, or what a killed process left of one: its files, no folders below it.
void remove_files_and(const fs::path& folder) {
  const Listing listing(folder);
  for (const std::string& name : listing.names()) listing.remove(name);
  ::rmdir(folder.c_str());
}

// Under a name that is no step's first: what is half removed is no checkpoint.
void remove_checkpoint(const fs::path& folder) {
  const fs::path aside = folder.parent_path() / (".removing-" + folder.filename().string());
  remove_files_and(aside);
  move_to(folder, aside);
  remove_files_and(aside);
}

void make_link(const fs::path& target, const fs::path& at) {
  std::error_code error;
  if (fs::read_symlink(at, error) == target && !error) return;
  const fs::path fresh = at.parent_path() / ".link";
  unlink(fresh);
  if (::symlink(target.c_str(), fresh.c_str()) != 0) fail("make the link", at, errno);
  move_to(fresh, at);
}

}  // namespace

RunFolder::RunFolder(fs::path directory, bool made)
    : directory_(std::move(directory)), checkpoints_(directory_ / "checkpoints"), made_(made) {
  if (type_of(directory_) == fs::file_type::not_found) made_ = true;
  io::make_directory(directory_);
  take();
}

std::unique_ptr<RunFolder> RunFolder::next(const std::string& name) {
  const fs::path all = "runs";
  io::make_directory(all);
  for (int number = 1;; ++number) {
    const fs::path folder = all / fmt::format("{}-{}", name, number);
    if (::mkdir(folder.c_str(), 0777) == 0) return std::make_unique<RunFolder>(folder, true);
    if (errno != EEXIST) fail("make the directory", folder, errno);
  }
}

void RunFolder::take() {
  // A run must not find out at its end that it cannot be saved.
  if (::access(directory_.c_str(), W_OK | X_OK) != 0) fail("write to", directory_, errno);
  for (const char* name : names)
    if (type_of(directory_ / name) == fs::file_type::directory)
      fail("write", directory_ / name, EISDIR);
  if (const auto type = type_of(checkpoints_);
      type != fs::file_type::not_found && type != fs::file_type::directory)
    throw WriteError(fmt::format(
        "cannot write to {}: it is {}; checkpoints are written to and removed from a folder only",
        checkpoints_.string(), type == fs::file_type::symlink ? "a link" : "no folder"));
  descriptor_ = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) fail("write to", directory_, errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  if (error == EWOULDBLOCK) {
    ::close(descriptor_);
    throw WriteError(fmt::format(
        "cannot write to {}: another asg train is at work there; wait for it, or name another "
        "folder by --out",
        directory_.string()));
  }
  log_message(LogLevel::warn, "train",
              fmt::format("{} cannot be locked ({}); no other run may write to it",
                          directory_.string(), std::strerror(error)));
}

RunFolder::~RunFolder() {
  if (made_) ::rmdir(directory_.c_str());  // which fails when anything is in it
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool RunFolder::holds_run() const {
  const auto stands = [&](const char* name) {
    std::error_code error;
    return fs::exists(directory_ / name, error);  // a link that leads to nothing holds nothing
  };
  if (stands("latest") || std::any_of(std::begin(names), std::end(names), stands)) return true;
  const auto found = Listing(checkpoints_).names();
  return std::any_of(found.begin(), found.end(), [&](const std::string& name) {
    return step_of(name) && is_checkpoint(checkpoints_ / name);
  });
}

void RunFolder::publish(std::int64_t step, std::int64_t keep,
                        const std::function<void(const fs::path&)>& write) {
  io::make_directory(checkpoints_);
  for (const std::string& name : Listing(checkpoints_).names())
    if (name == unfinished || name.starts_with(".removing-"))  // of a process that was killed
      remove_files_and(checkpoints_ / name);
  const fs::path fresh = checkpoints_ / unfinished;
  if (::mkdir(fresh.c_str(), 0777) != 0) fail("make the directory", fresh, errno);
  try {
    write(fresh);
    sync(fresh);
    // The first one appears under all of its names when it is renamed, later ones when the link is.
    const bool is_first = !holds_run();
    if (is_first) lead_to(step);
    put_in_place(step);
    if (!is_first) lead_to(step);
  } catch (...) {
    remove_files_and(fresh);
    ::rmdir(checkpoints_.c_str());  // unless there are others
    throw;
  }
  remove_files_and(fresh);  // the earlier one of that step, if there was one
  remove_all_but(step, keep);
}

void RunFolder::put_in_place(std::int64_t step) const {
  const fs::path fresh = checkpoints_ / unfinished;
  const fs::path place = checkpoints_ / std::to_string(step);
  const auto standing = type_of(place);
  if (standing == fs::file_type::not_found) {
    move_to(fresh, place);
  } else if (!is_checkpoint(place)) {
    throw WriteError(fmt::format("cannot write {}: something else is there that is no checkpoint",
                                 place.string()));
  } else if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) != 0) {
    // Only where the file system cannot exchange the two is there a moment without either.
    remove_checkpoint(place);
    move_to(fresh, place);
  }
  sync(checkpoints_);
}

void RunFolder::lead_to(std::int64_t step) const {
  make_link(fs::path("checkpoints") / std::to_string(step), directory_ / "latest");
  for (const char* name : names) make_link(fs::path("latest") / name, directory_ / name);
  sync(directory_);
}

void RunFolder::remove_all_but(std::int64_t step, std::int64_t keep) const {
  std::vector<std::int64_t> found;
  for (const std::string& name : Listing(checkpoints_).names())
    if (const auto other = step_of(name); other && *other != step)
      if (is_checkpoint(checkpoints_ / name)) found.push_back(*other);
  // Steps beyond this one are older than it: the run went back and on from here.
  std::sort(found.begin(), found.end(), [&](std::int64_t a, std::int64_t b) {
    return std::pair(a > step, -a) < std::pair(b > step, -b);
  });
  for (std::size_t i = static_cast<std::size_t>(std::max<std::int64_t>(keep, 1)) - 1;
       i < found.size(); ++i)
    remove_checkpoint(checkpoints_ / std::to_string(found[i]));
}

}  // namespace asg::cli
