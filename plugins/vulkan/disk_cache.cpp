#include "disk_cache.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace asg::vulkan {
namespace fs = std::filesystem;
namespace {

constexpr char magic[8] = {'a', 's', 'g', 'v', 'k', '0', '0', '1'};
constexpr off_t largest_file = off_t{256} << 20;

struct Hash {
  uint64_t low, high;
};

uint64_t mixed(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

Hash hash(std::string_view bytes) {
  Hash h{mixed(bytes.size() + 1), mixed(~bytes.size())};
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    h.low = mixed(h.low ^ word) + h.high;
    h.high = mixed(h.high + word * 0x9e3779b97f4a7c15u) ^ h.low;
  }
  return h;
}

std::string_view view(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

/// A file or folder that is open, or is not.
class Opened {
 public:
  explicit Opened(int number) : number_(number) {}
  ~Opened() {
    if (number_ >= 0) close(number_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

  bool read_all(std::string& bytes) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t part = ::read(number_, bytes.data() + done, bytes.size() - done);
      if (part < 0 && errno == EINTR) continue;
      if (part <= 0) return false;
      done += static_cast<std::size_t>(part);
    }
    return true;
  }
  bool write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t part = ::write(number_, bytes.data(), bytes.size());
      if (part < 0 && errno == EINTR) continue;
      if (part <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(part));
    }
    return true;
  }

 private:
  int number_;
};

/// Why what is open must not be used; empty when it may.
std::string distrust(const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) return "everybody may write to it";
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return "it belongs to another user (uid " + std::to_string(status.st_uid) + ")";
  return {};
}

std::string random_name() {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%016llx.new", static_cast<unsigned long long>(number));
  return text;
}

struct Header {
  char magic[8];
  uint64_t key_size, data_size;
  Hash data_hash;
};

}  // namespace

std::string hash_text(std::string_view bytes) {
  const Hash h = hash(bytes);
  char text[40];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(h.high),
                static_cast<unsigned long long>(h.low));
  return text;
}

fs::path DiskCache::default_folder() {
  const auto variable = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const fs::path own = variable("ASG_CACHE_DIR"); !own.empty()) return own / "vulkan";
  if (const fs::path cache = variable("XDG_CACHE_HOME"); cache.is_absolute())
    return cache / "asg" / "vulkan";
  const fs::path home = variable("HOME");
  return home.is_absolute() ? home / ".cache" / "asg" / "vulkan" : fs::path();
}

void DiskCache::warn_once(const std::string& text) {
  if (!warned_) warn_(text + "; going on without it");
  warned_ = true;
}

int DiskCache::open_folder(const fs::path& folder, bool make) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  Opened opened(open(folder.c_str(), flags));
  int reason = opened ? 0 : errno;
  if (reason == ENOENT) {
    if (!make) return -1;
    fs::path prefix;
    for (const fs::path& part : folder) {
      prefix /= part;
      if (mkdir(prefix.c_str(), 0700) != 0 && errno != EEXIST) reason = errno;
    }
  }
  Opened again(opened ? opened.release() : open(folder.c_str(), flags));
  struct stat status {};
  std::string why;
  if (!again || fstat(again.number(), &status) != 0)
    why = std::strerror(reason != 0 ? reason : errno);
  else
    why = distrust(status);
  if (why.empty()) return again.release();
  warn_once("the cache folder " + folder.string() + " cannot be used (" + why + ")");
  return -1;
}

std::optional<std::vector<std::byte>> DiskCache::read(const std::string& name,
                                                      std::string_view key) {
  if (folder_.empty()) return {};
  const fs::path path = folder_ / name;
  // Whoever may write to the folder above may put another one in its place.
  if (!Opened(open_folder(folder_, false))) return {};
  const Opened folder(open_folder(path.parent_path(), false));
  if (!folder) return {};
  const Opened file(openat(folder.number(), path.filename().c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > largest_file)
    return {};
  if (const std::string why = distrust(status); !why.empty()) {
    warn_once("the cache file " + path.string() + " is not used (" + why + ")");
    return {};
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (!file.read_all(bytes)) return {};
  Header header;
  if (bytes.size() < sizeof header) return {};
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::string_view rest = std::string_view(bytes).substr(sizeof header);
  if (std::memcmp(header.magic, magic, sizeof magic) != 0 || header.key_size > rest.size() ||
      header.data_size != rest.size() - header.key_size || rest.substr(0, header.key_size) != key)
    return {};
  const std::string_view data = rest.substr(header.key_size);
  const Hash found = hash(data);
  if (found.low != header.data_hash.low || found.high != header.data_hash.high) return {};
  std::vector<std::byte> result(data.size());
  std::memcpy(result.data(), data.data(), data.size());
  return result;
}

void DiskCache::write(const std::string& name, std::string_view key, const void* data,
                      std::size_t size) {
  if (folder_.empty()) return;
  const fs::path path = folder_ / name;
  if (!Opened(open_folder(folder_, true))) return;
  const Opened folder(open_folder(path.parent_path(), true));
  if (!folder) return;
  Header header{{}, key.size(), size, hash(view(data, size))};
  std::memcpy(header.magic, magic, sizeof magic);
  // A name that nobody can guess, of a file that nobody else has made.
  const std::string temporary = random_name();
  bool good = false;
  {
    const Opened file(openat(folder.number(), temporary.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    good = file && file.write_all(view(&header, sizeof header)) && file.write_all(key) &&
           file.write_all(view(data, size));
    if (!file) return warn_once("the cache file " + path.string() + " cannot be written");
  }
  if (good &&
      renameat(folder.number(), temporary.c_str(), folder.number(), path.filename().c_str()) == 0)
    return;
  unlinkat(folder.number(), temporary.c_str(), 0);
  warn_once("the cache file " + path.string() + " cannot be written");
}

}  // namespace asg::vulkan
