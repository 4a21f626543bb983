// Where plugins may be, which files look like one, and which of them may be trusted.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asg/runtime/backends.hpp>

namespace asg::loader {

class PluginFile;

struct Directory {
  std::filesystem::path path;
  std::string origin;   ///< who asked for it: "ASG_PLUGIN_PATH"
  std::string refusal;  ///< why it is not searched; empty when it is
};

/// The directories of a search in order, without repetitions, checked.
[[nodiscard]] std::vector<Directory> search_directories(const PluginSearch& search);

/// The backend's name if this is the file name of a plugin, else nothing.
[[nodiscard]] std::string backend_name_of(const std::filesystem::path& file);

/// The entries of a directory, sorted.
/// Errors   Refusal when it cannot be read.
[[nodiscard]] std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory);

/// The files of a directory that are named as the backend's plugin.
[[nodiscard]] std::vector<std::filesystem::path> files_named(const std::filesystem::path& directory,
                                                             std::string_view backend);

/// What can be known of a file without running any of it.
struct Inspection {
  std::string refusal;  ///< empty when it may be loaded
  int abi_major = -1;   ///< the highest it was built for; -1 when it is no plugin
  std::shared_ptr<const PluginFile> file;  ///< what was looked at; none when it is refused
};

/// Checks owner, permissions, format, entry symbol and sanitizers of a file.
[[nodiscard]] Inspection inspect(const std::filesystem::path& file);

}  // namespace asg::loader
