#include "runtime/probe_cache.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <asg/runtime/log.hpp>

#include "graph/utf8.hpp"
#include "runtime/descriptors.hpp"
#include "runtime/library_folders.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/trust.hpp"

namespace asg::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_entries = 4096;
constexpr ::off_t largest_cache = ::off_t{8} << 20;
constexpr std::uint64_t longest_time = 86400;  // also for clocks that were put back
constexpr std::string_view cache_name = "probes";

// FNV-1a.
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes)
      value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    value_ = (value_ ^ 0x100u) * 0x100000001b3u;  // ends the text: no byte is this
  }
  void add_file(const char* path) {
    struct stat status {};
    if (::stat(path, &status) != 0) return add("none");
    const FileIdentity id(status);
    add(fmt::format("{} {} {} {}", id.device, id.inode, id.size, id.modified));
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

std::uint64_t hash_of(std::string_view text) {
  Hash hash;
  hash.add(text);
  return hash.value();
}

// This library, and what else a plugin is linked with: whoever installs libraries renews the list
// of the dynamic linker.
std::uint64_t hash_of_host(std::uint64_t limits) {
  Hash hash;
  hash.add(fmt::format("{} {}", ASG_VERSION, limits));
  hash.add_file(library_file().c_str());
  hash.add_file("/etc/ld.so.cache");
  return hash.value();
}

// Drivers are steered by variables of many names; these change from line to line of a shell.
std::uint64_t hash_of_environment() {
  std::vector<std::string_view> variables;
  for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const std::string_view name = variable.substr(0, variable.find('='));
    const bool passing = name == "PWD" || name == "OLDPWD" || name == "SHLVL" || name == "_" ||
                         name == "COLUMNS" || name == "LINES";
    if (!passing) variables.push_back(variable);
  }
  std::sort(variables.begin(), variables.end());
  Hash hash;
  for (const std::string_view variable : variables) hash.add(variable);
  return hash.value();
}

fs::path cache_base() {
  if (const fs::path own = trusted_environment("ASG_CACHE_DIR"); !own.empty()) return own;
  if (const fs::path cache = trusted_environment("XDG_CACHE_HOME"); cache.is_absolute())
    return cache / "asg";
  const fs::path home = trusted_environment("HOME");
  return home.is_absolute() ? home / ".cache" / "asg" : fs::path();
}

void complain(const fs::path& path, std::string_view why) {
  log_message(
      LogLevel::info, "loader",
      fmt::format("{} cannot be used ({}); plugins will be tried again", shown_path(path), why));
}

// A folder of whoever is trusted, made where it is missing.
Descriptor open_folder(const fs::path& folder, bool make) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  Descriptor opened(::open(folder.c_str(), flags));
  if (!opened && errno == ENOENT && make) {
    fs::path prefix;
    for (const fs::path& part : folder) {
      prefix /= part;
      ::mkdir(prefix.c_str(), 0700);
    }
    opened = Descriptor(::open(folder.c_str(), flags));
  }
  if (!opened) {
    if (errno != ENOENT || make) complain(folder, std::strerror(errno));
    return opened;
  }
  struct stat status {};
  std::string why =
      ::fstat(opened.number(), &status) != 0 ? std::strerror(errno) : distrust_own(status);
  if (why.empty()) return opened;
  complain(folder, why);
  return Descriptor();
}

// Whoever may write to the folder above may put another one in its place.
Descriptor open_cache_folder(bool make) {
  const fs::path base = cache_base();
  if (base.empty() || !open_folder(base, make)) return Descriptor();
  return open_folder(base / "plugins", make);
}

std::string read_cache(const Descriptor& folder) {
  const Descriptor file(
      ::openat(folder.number(), cache_name.data(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > largest_cache)
    return {};
  if (const std::string why = distrust_own(status); !why.empty()) {
    complain(ProbeCache::file(), why);
    return {};
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ::ssize_t n = ::read(file.number(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  text.resize(done);
  return text;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ::ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Under a name that nobody can guess, of a file that nobody else has made, then in one step.
bool replace_cache(const Descriptor& folder, std::string_view text) {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) return false;
  const std::string temporary = fmt::format("{:016x}.new", number);
  bool good = false;
  {
    const Descriptor file(::openat(folder.number(), temporary.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return false;
    good = write_all(file.number(), text);
  }
  good = good &&
         ::renameat(folder.number(), temporary.c_str(), folder.number(), cache_name.data()) == 0;
  if (!good) ::unlinkat(folder.number(), temporary.c_str(), 0);
  return good;
}

std::uint64_t nanoseconds(const struct timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

FileIdentity::FileIdentity(const struct stat& status)
    : device(status.st_dev),
      inode(status.st_ino),
      size(static_cast<std::uint64_t>(status.st_size)),
      modified(nanoseconds(status.st_mtim)),
      changed(nanoseconds(status.st_ctim)) {}

fs::path ProbeCache::file() {
  const fs::path base = cache_base();
  return base.empty() ? base : base / "plugins" / cache_name;
}

ProbeCache::ProbeCache(std::uint64_t limits)
    : host_(hash_of_host(limits)),
      environment_(hash_of_environment()),
      now_(static_cast<std::uint64_t>(std::time(nullptr))),
      entries_(read()) {}

std::vector<ProbeCache::Entry> ProbeCache::read() {
  std::vector<Entry> entries;
  const Descriptor folder = open_cache_folder(false);
  if (!folder) return entries;
  const std::string text = read_cache(folder);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (auto entry = parse(std::string_view(text).substr(begin, end - begin)))
      entries.push_back(std::move(*entry));
    begin = end + 1;
  }
  return entries;
}

// The sum of the rest, numbers, and the reason: a line that was damaged is as good as missing.
std::string ProbeCache::line_of(const Entry& entry) {
  const FileIdentity& id = entry.file;
  const std::string rest =
      fmt::format("{:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x} {} {}", id.device, id.inode, id.size,
                  id.modified, id.changed, entry.host, entry.environment, entry.until,
                  entry.verdict.sound ? 1 : 0, shown(entry.verdict.reason, 1000));
  return fmt::format("{:016x} {}\n", hash_of(rest), rest);
}

std::optional<ProbeCache::Entry> ProbeCache::parse(std::string_view line) {
  const auto take = [&](std::uint64_t& number) {
    const char* const end = line.data() + line.size();
    const auto [next, error] = std::from_chars(line.data(), end, number, 16);
    if (error != std::errc() || next == end || *next != ' ') return false;
    line.remove_prefix(static_cast<std::size_t>(next - line.data()) + 1);
    return true;
  };
  std::uint64_t sum = 0, sound = 0;
  Entry entry;
  FileIdentity& id = entry.file;
  if (!take(sum) || hash_of(line) != sum) return {};
  for (std::uint64_t* number : {&id.device, &id.inode, &id.size, &id.modified, &id.changed,
                                &entry.host, &entry.environment, &entry.until, &sound})
    if (!take(*number)) return {};
  entry.verdict = {sound == 1, std::string(line)};
  return entry;
}

std::optional<Verdict> ProbeCache::find(const FileIdentity& file) const {
  for (const std::vector<Entry>* list : {&fresh_, &entries_})
    for (const Entry& entry : *list)
      if (entry.file == file && entry.host == host_ && now_ < entry.until &&
          entry.until - now_ <= longest_time &&
          (entry.verdict.sound || entry.environment == environment_))
        return entry.verdict;
  return {};
}

void ProbeCache::remember(const FileIdentity& file, Verdict verdict, std::uint64_t seconds) {
  fresh_.push_back({file, host_, environment_, now_ + seconds, std::move(verdict)});
}

// A file has one line: the newest. The oldest are forgotten first.
void ProbeCache::save() {
  if (fresh_.empty()) return;
  const Descriptor folder = open_cache_folder(true);
  if (!folder) return;
  std::vector<Entry> all = read();  // with what other processes have found meanwhile
  const auto is_replaced = [&](const Entry& old) {
    return std::any_of(fresh_.begin(), fresh_.end(), [&](const Entry& entry) {
      return entry.file.device == old.file.device && entry.file.inode == old.file.inode;
    });
  };
  all.erase(std::remove_if(all.begin(), all.end(), is_replaced), all.end());
  all.insert(all.end(), fresh_.begin(), fresh_.end());
  const std::size_t forgotten = all.size() - std::min(all.size(), most_entries);
  std::string text;
  for (std::size_t i = forgotten; i < all.size(); ++i) text += line_of(all[i]);
  if (!replace_cache(folder, text)) complain(file(), "it cannot be written");
  entries_ = std::move(all);
  fresh_.clear();
}

}  // namespace asg::loader
