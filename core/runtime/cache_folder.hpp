// Where asg keeps what the next process finds again.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/descriptors.hpp"

namespace asg::loader {

/// A folder in the one that ASG_CACHE_DIR, XDG_CACHE_HOME or HOME name. As with plugins, only files
/// and folders of root or of the user are trusted, to which not everybody may write. The
/// environment and the folders are looked at anew by each call. Threads  any.
class CacheFolder {
 public:
  /// Is told which file or folder cannot be used, and why; not of what is only missing.
  using Complaint = std::function<void(const std::filesystem::path& path, std::string_view why)>;

  CacheFolder(std::string name, Complaint complain)
      : name_(std::move(name)), complain_(std::move(complain)) {}

  /// Where it is; empty: nowhere.
  [[nodiscard]] std::filesystem::path path() const;
  /// The content of a file of at most `limit` bytes.
  [[nodiscard]] std::optional<std::string> read(const std::string& file, std::uint64_t limit) const;
  /// Puts a file of these parts in the place of another at once: other processes see the old one or
  /// the new one. Makes the folder. Whether it is done.
  bool replace(const std::string& file, std::span<const std::string_view> parts) const;

 private:
  [[nodiscard]] Descriptor open_folder(const std::filesystem::path& folder, bool make) const;
  [[nodiscard]] Descriptor open_folders(bool make) const;

  std::string name_;
  Complaint complain_;
};

}  // namespace asg::loader
