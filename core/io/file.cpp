#include <asg/io/file.hpp>

#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "io/input.hpp"

namespace asg::io {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_writing(const fs::path& path, int error) {
  throw WriteError(fmt::format("cannot write {}: {}", path.string(), std::strerror(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // Closing reports errors that writing left for later, on network disks above all.
  [[nodiscard]] bool close() {
    const int result = ::close(fd_);
    fd_ = -1;
    return result == 0;
  }

 private:
  int fd_;
};

// What stands at a path, links followed; nothing when there is nothing yet.
std::optional<struct stat> find(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return info;
  if (errno != ENOENT) fail_writing(path, errno);
  return {};
}

// The links of /proc stand for open files; what they read as need not be a path.
bool is_open_file(const fs::path& link) {
  const fs::path folder = link.has_parent_path() ? link.parent_path() : fs::path(".");
  struct statfs info {};
  return ::statfs(folder.c_str(), &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

// Where the links at a path lead to in the end, whether or not something is there.
fs::path follow_links(const fs::path& path) {
  constexpr int most_links = 40;  // the kernel's own limit
  fs::path target = path;
  for (int links = 0; links < most_links; ++links) {
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(target, error)) || is_open_file(target)) return target;
    const fs::path next = fs::read_symlink(target, error);
    if (error) fail_writing(path, error.value());
    target = target.parent_path() / next;
  }
  fail_writing(path, ELOOP);
}

// Devices and pipes take what is written and stay what they are.
void write_through(const fs::path& path, std::string_view bytes, mode_t mode) {
  // Behind a link of /proc: what the shell's >> has in it stays.
  const int how = S_ISREG(mode) ? O_APPEND : 0;
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | how));
  if (file.get() < 0 || !file.write(bytes) || !file.close()) fail_writing(path, errno);
}

// A new file beside the one it is to replace, under a name that nobody foresees. The kernel gives
// it the usual permissions: to ask the process for its umask would be to change it, for all
// threads.
std::pair<fs::path, int> create_beside(const fs::path& path, mode_t mode) {
  for (;;) {
    std::uint64_t number = 0;
    if (::getentropy(&number, sizeof number) != 0) return {{}, -1};
    fs::path name = path.parent_path() / fmt::format(".asg-{:016x}", number);
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EEXIST) return {std::move(name), fd};
  }
}

void replace(const fs::path& path, std::string_view bytes, const std::optional<struct stat>& old) {
  const auto [temporary, fd] = create_beside(path, old ? old->st_mode & 0666 : 0666);
  Descriptor file(fd);
  if (file.get() < 0) fail_writing(path, errno);
  const auto check = [&, name = temporary](bool done) {
    if (done) return;
    const int error = errno;
    ::unlink(name.c_str());
    fail_writing(path, error);
  };
  if (old) {
    // Who may read the old one may read the new one; only root can keep another's file another's.
    static_cast<void>(::fchown(file.get(), old->st_uid, old->st_gid) == 0);
    check(::fchmod(file.get(), old->st_mode & 0777) == 0);
  }
  check(file.write(bytes));
  check(::fsync(file.get()) == 0 || errno == EINVAL);
  check(file.close());
  check(::rename(temporary.c_str(), path.c_str()) == 0);
}

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t most) { return Input(path).all(most); }

void write_file(const fs::path& path, std::string_view bytes) {
  const auto old = find(path);
  if (old && S_ISDIR(old->st_mode)) fail_writing(path, EISDIR);
  const fs::path target = follow_links(path);
  if (old && (!S_ISREG(old->st_mode) || is_open_file(target)))
    write_through(path, bytes, old->st_mode);
  else
    replace(target, bytes, old);
}

void make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error && !fs::is_directory(path, error))
    error = std::make_error_code(std::errc::not_a_directory);
  if (error)
    throw WriteError(
        fmt::format("cannot make the directory {}: {}", path.string(), error.message()));
}

}  // namespace asg::io
