// Compiled shaders and the driver's pipelines on disk.  What cannot be read or written is left out
// and reported once; what was damaged is made anew.  A shader runs with all that the process may
// do: as with plugins, only files and folders of root or of the user are trusted, to which not
// everybody may write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asg::vulkan {

/// A 128-bit hash of bytes, as 32 hexadecimal digits.
std::string hash_text(std::string_view bytes);

class DiskCache {
 public:
  using Warn = std::function<void(const std::string&)>;

  /// The folder that ASG_CACHE_DIR, XDG_CACHE_HOME or HOME name; empty: no cache.
  static std::filesystem::path default_folder();

  DiskCache(std::filesystem::path folder, Warn warn)
      : folder_(std::move(folder)), warn_(std::move(warn)) {}

  /// The content of an entry whose key is exactly `key`; nothing when it is missing, damaged or not
  /// to be trusted.
  std::optional<std::vector<std::byte>> read(const std::string& name, std::string_view key);
  /// Replaces an entry at once: other processes see the old one or the new one.
  void write(const std::string& name, std::string_view key, const void* data, std::size_t size);

 private:
  void warn_once(const std::string& text);
  /// The folder of an entry, made where it is missing; -1 and a warning where it cannot be used.
  int open_folder(const std::filesystem::path& folder, bool make);

  std::filesystem::path folder_;
  Warn warn_;
  bool warned_ = false;
};

}  // namespace asg::vulkan
