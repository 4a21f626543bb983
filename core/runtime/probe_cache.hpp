// What is remembered of plugins that were tried: which may be loaded, and which end the process.
#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cache_folder.hpp"

namespace asg::loader {

/// A file as it was: another content, owner or name gives another one.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::uint64_t modified = 0, changed = 0;  // nanoseconds

  explicit FileIdentity(const struct stat& status);
  FileIdentity() = default;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct Verdict {
  bool sound = false;
  std::string reason;
};

/// The verdicts, in one file that may be trusted. A verdict counts for its time, a day at most, for
/// this library, for the libraries that the system had, and a bad one for the same environment.
/// What cannot be read or written is left out. Threads  one at a time.
class ProbeCache {
 public:
  /// `limits` is what a probe may take: with more, a plugin may pass.
  explicit ProbeCache(std::uint64_t limits);

  [[nodiscard]] std::optional<Verdict> find(const FileIdentity& file) const;
  void remember(const FileIdentity& file, Verdict verdict, std::uint64_t seconds);
  /// Writes what was remembered, at once: other processes see the old file or the new one.
  void save();

 private:
  struct Entry {
    FileIdentity file;
    std::uint64_t host = 0, environment = 0, until = 0;
    Verdict verdict;
  };
  static std::optional<Entry> parse(std::string_view line);
  static std::string line_of(const Entry& entry);
  [[nodiscard]] std::vector<Entry> read() const;

  CacheFolder folder_;
  std::uint64_t host_, environment_, now_;
  std::vector<Entry> entries_, fresh_;
};

}  // namespace asg::loader
