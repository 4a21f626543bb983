// What plugins keep for the next process.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/cache_folder.hpp"

namespace asg::loader {

/// The entries of one backend: files in a folder that is named as it is, under a hash of their key.
/// What cannot be read or written is left out, and told once; what was damaged is as good as
/// missing. Threads  any.
class BlobCache {
 public:
  explicit BlobCache(const std::string& backend);

  /// Gives what was stored under exactly this key to `found`; false when there is nothing.
  bool load(std::string_view key, const std::function<void(std::string_view)>& found);
  /// False when it cannot be kept.
  bool store(std::string_view key, std::string_view data);

  /// Of the file of one entry, its key included.
  static constexpr std::uint64_t largest_file = std::uint64_t{256} << 20;

 private:
  void warn(std::string_view text);

  std::string backend_;
  CacheFolder folder_;
  std::atomic<bool> warned_{false};
};

}  // namespace asg::loader
