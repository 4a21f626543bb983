// A plugin's file, opened once.
#pragma once
#include <filesystem>

namespace asg::loader {

/// What is judged is what is loaded, whatever happens to its name meanwhile.
class PluginFile {
 public:
  /// Opens a regular file that may be trusted, and so may its directory and, when it is a link,
  /// that of its target.
  /// Errors   Refusal.
  explicit PluginFile(const std::filesystem::path& name);
  /// Takes over one that another process has judged and opened.
  PluginFile(int descriptor, std::filesystem::path path);
  PluginFile(const PluginFile&) = delete;
  PluginFile& operator=(const PluginFile&) = delete;
  ~PluginFile();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Where it is, links followed.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// A name to load it by: its path, where nobody else can have put another file there since, for
  /// the sake of debuggers; else its descriptor, under a name that no other `number` gives. The
  /// dynamic linker takes what it has loaded under the same name before for the same.
  [[nodiscard]] std::filesystem::path loadable(std::size_t number) const;

 private:
  int descriptor_;
  std::filesystem::path path_;
};

}  // namespace asg::loader
