#include "runtime/probe_cache.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <asg/runtime/log.hpp>

#include "graph/utf8.hpp"
#include "runtime/library_folders.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_entries = 4096;
constexpr std::uint64_t largest_cache = std::uint64_t{8} << 20;
constexpr std::uint64_t longest_time = 86400;  // also for clocks that were put back
constexpr const char* cache_name = "probes";

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

void complain(const fs::path& path, std::string_view why) {
  log_message(
      LogLevel::info, "loader",
      fmt::format("{} cannot be used ({}); plugins will be tried again", shown_path(path), why));
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

ProbeCache::ProbeCache(std::uint64_t limits)
    : folder_("plugins", complain),
      host_(hash_of_host(limits)),
      environment_(hash_of_environment()),
      now_(static_cast<std::uint64_t>(std::time(nullptr))),
      entries_(read()) {}

std::vector<ProbeCache::Entry> ProbeCache::read() const {
  std::vector<Entry> entries;
  const std::string text = folder_.read(cache_name, largest_cache).value_or("");
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
  const std::string_view whole = text;
  folder_.replace(cache_name, {&whole, 1});
  entries_ = std::move(all);
  fresh_.clear();
}

}  // namespace asg::loader
