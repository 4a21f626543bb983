#include "runtime/cache_folder.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "runtime/trust.hpp"

namespace asg::loader {
namespace {

namespace fs = std::filesystem;

fs::path cache_base() {
  if (const fs::path own = trusted_environment("ASG_CACHE_DIR"); !own.empty()) return own;
  if (const fs::path cache = trusted_environment("XDG_CACHE_HOME"); cache.is_absolute())
    return cache / "asg";
  const fs::path home = trusted_environment("HOME");
  return home.is_absolute() ? home / ".cache" / "asg" : fs::path();
}

bool read_whole(int descriptor, std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ::ssize_t n = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

bool write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Under a name that nobody can guess, of a file that nobody else has made, then in one step. On
// failure errno says why.
bool replace_in(int folder, const char* name, std::span<const std::string_view> parts) {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) return false;
  const std::string temporary = fmt::format("{:016x}.new", number);
  const auto write = [&] {
    const Descriptor file(::openat(folder, temporary.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return false;
    for (const std::string_view part : parts)
      if (!write_whole(file.number(), part)) return false;
    return true;
  };
  if (write() && ::renameat(folder, temporary.c_str(), folder, name) == 0) return true;
  const int cause = errno;
  ::unlinkat(folder, temporary.c_str(), 0);
  errno = cause;
  return false;
}

}  // namespace

fs::path CacheFolder::path() const {
  const fs::path base = cache_base();
  return base.empty() ? base : base / name_;
}

Descriptor CacheFolder::open_folder(const fs::path& folder, bool make) const {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  Descriptor opened(::open(folder.c_str(), flags));
  int cause = errno;
  if (!opened && cause == ENOENT && make) {
    fs::path prefix;
    for (const fs::path& part : folder) {
      prefix /= part;
      if (::mkdir(prefix.c_str(), 0700) != 0 && errno != EEXIST) cause = errno;
    }
    opened = Descriptor(::open(folder.c_str(), flags));
  }
  if (!opened) {
    if (cause != ENOENT || make) complain_(folder, std::strerror(cause));
    return opened;
  }
  struct stat status {};
  const std::string why =
      ::fstat(opened.number(), &status) != 0 ? std::strerror(errno) : distrust_own(status);
  if (why.empty()) return opened;
  complain_(folder, why);
  return Descriptor();
}

// Whoever may write to the folder above may put another one in its place.
Descriptor CacheFolder::open_folders(bool make) const {
  const fs::path folder = path();
  if (folder.empty() || !open_folder(folder.parent_path(), make)) return Descriptor();
  return open_folder(folder, make);
}

std::optional<std::string> CacheFolder::read(const std::string& name, std::uint64_t limit) const {
  const Descriptor folder = open_folders(false);
  if (!folder) return {};
  const Descriptor file(
      ::openat(folder.number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) > limit)
    return {};
  if (const std::string why = distrust_own(status); !why.empty()) {
    complain_(path() / name, why);
    return {};
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (!read_whole(file.number(), bytes)) return {};
  return bytes;
}

bool CacheFolder::replace(const std::string& name, std::span<const std::string_view> parts) const {
  const Descriptor folder = open_folders(true);
  if (!folder) return false;
  if (replace_in(folder.number(), name.c_str(), parts)) return true;
  complain_(path() / name, fmt::format("it cannot be written: {}", std::strerror(errno)));
  return false;
}

}  // namespace asg::loader
