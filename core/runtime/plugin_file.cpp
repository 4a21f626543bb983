#include "runtime/plugin_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "runtime/plugin_call.hpp"
#include "runtime/refusal.hpp"
#include "runtime/trust.hpp"

namespace asg::loader {
namespace {

namespace fs = std::filesystem;

void check_file(const fs::path& name, int descriptor) {
  if (descriptor < 0) {
    const int cause = errno;
    if (cause == ENOENT && fs::is_symlink(fs::symlink_status(name)))
      throw Refusal("a symbolic link to a file that does not exist");
    throw Refusal(fmt::format("cannot be read: {}", std::strerror(cause)));
  }
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw Refusal(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) throw Refusal("a directory, not a file");
  if (!S_ISREG(status.st_mode)) throw Refusal("not a regular file");
  if (std::string reason = distrust_file(status); !reason.empty()) throw Refusal(reason);
}

void check_directory(const fs::path& file) {
  const fs::path directory = file.parent_path();
  if (std::string reason = distrust_directory_of_file(directory); !reason.empty())
    throw Refusal(fmt::format("its directory {}: {}", shown_path(directory), reason));
}

std::string descriptor_name(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

bool is_same_file(const fs::path& path, int descriptor) {
  struct stat named {
  }, opened{};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(descriptor, &opened) == 0 &&
         named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

// Of the file that is open, not of what its name means by now.
fs::path real_path(const fs::path& name, int descriptor) {
  std::error_code error;
  fs::path path = fs::read_symlink(descriptor_name(descriptor), error);
  if (error) path = fs::canonical(name, error);  // without /proc
  if (error || !is_same_file(path, descriptor))
    throw Refusal("it was replaced while it was looked at");
  return path;
}

}  // namespace

// Not blocking: opening a pipe would wait for somebody to write to it.
PluginFile::PluginFile(const fs::path& name)
    : descriptor_(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  try {
    check_file(name, descriptor_);
    path_ = real_path(name, descriptor_);
    check_directory(fs::absolute(name));
    check_directory(path_);
  } catch (...) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw;
  }
}

PluginFile::PluginFile(int descriptor, fs::path path)
    : descriptor_(descriptor), path_(std::move(path)) {}

PluginFile::~PluginFile() { ::close(descriptor_); }

fs::path PluginFile::loadable(std::size_t number) const {
  if (!others_may_replace(path_)) return path_;
  std::string name = "/proc/self/fd/";
  for (std::size_t i = 0; i < number; ++i) name += "./";
  name += std::to_string(descriptor_);
  if (!is_same_file(name, descriptor_))
    throw Refusal(
        "others may write to its directory, and without /proc it can only be loaded by "
        "its name");
  return name;
}

}  // namespace asg::loader
